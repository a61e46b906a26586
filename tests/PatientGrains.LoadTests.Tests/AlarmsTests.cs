using System.Text.Json;
using PatientGrains.LoadTests.Live;
using PatientGrains.LoadTests.Running;
using PatientGrains.Log.Tests;

namespace PatientGrains.LoadTests.Tests;

public class AlarmsTests
{
    private readonly ManualClock _clock = new();
    private readonly Recorder _own;
    private readonly Alarms _alarms;

    public AlarmsTests()
    {
        _own = new Recorder("test", _clock);
        _own.Begin();
        // Two subscribers have the ward, nobody the other units.
        _alarms = new Alarms(new Hospital(100, seed: 1), unit => unit == 0 ? 2 : 0, _clock);
    }

    [Fact]
    public void What_is_received_counts_from_the_acknowledgement()
    {
        var alarm = _alarms.Next(3, _clock.GetTimestamp(), _own);
        _clock.Move(TimeSpan.FromMilliseconds(5));
        _alarms.Acknowledged(alarm);
        _clock.Move(TimeSpan.FromMilliseconds(7));
        _alarms.Receive(3, 1);
        Assert.False(alarm.Everywhere.IsCompleted);
        _alarms.Receive(3, 1);
        Assert.True(alarm.Everywhere.IsCompleted);
        Assert.Equal((7.0, 12.0), (_own.Of(Alarms.AckToReceived).MaxMillis, _own.Of(Alarms.DueToReceived).MaxMillis));
        Assert.Equal((1, 2, 2, 0), (_alarms.Caused, _alarms.Expected, _alarms.Received, _alarms.Lost));
    }

    [Fact]
    public void What_comes_before_the_acknowledgement_counts_as_at_once()
    {
        var alarm = _alarms.Next(3, _clock.GetTimestamp(), _own);
        _alarms.Receive(3, 1);
        _clock.Move(TimeSpan.FromMilliseconds(5));
        _alarms.Acknowledged(alarm);
        Assert.Equal((1, 0), (_alarms.BeforeAck, _own.Of(Alarms.AckToReceived).MaxMillis));
        Assert.Equal(1, _own.Of(Alarms.AckToReceived).All.Count);
    }

    [Fact]
    public void What_never_came_is_lost()
    {
        _alarms.Acknowledged(_alarms.Next(3, 0, null));
        _alarms.Receive(3, 1);
        Assert.Equal(1, _alarms.Lost);
    }

    [Fact]
    public void What_a_subscriber_was_told_of_without_content_is_not_lost()
    {
        _alarms.Acknowledged(_alarms.Next(3, 0, null));
        _alarms.Receive(3, 1);
        _alarms.PassOver(3, [Hospital.UnitOf(1)]);
        Assert.Equal((1, 0), (_alarms.Lost, _alarms.PassedOver));
        _alarms.PassOver(3, [Hospital.UnitOf(0)]);
        Assert.Equal((0, 1), (_alarms.Lost, _alarms.PassedOver));
    }

    [Fact]
    public void What_nothing_caused_is_told_apart()
    {
        _alarms.Next(3, 0, null);
        _alarms.Receive(3, 2);
        _alarms.Receive(4, 1);
        Assert.Equal((2, 0), (_alarms.Unknown, _alarms.Received));
    }

    [Fact]
    public void Values_alarm_and_are_corrected_in_turn() => Assert.Equal(
        [(1, true), (2, false), (3, true)],
        Enumerable.Range(0, 3).Select(_ => _alarms.Next(3, 0, null)).Select(alarm => (alarm.Version, alarm.Raises)));
}

public class HospitalTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private readonly Hospital _hospital = new(200, seed: 1);

    [Fact]
    public void The_ward_lies_in_one_unit_and_the_others_in_the_rest()
    {
        Assert.All(Enumerable.Range(0, Popularity.Ward), patient => Assert.Equal(0, _hospital.UnitOfPatient(patient)));
        var others = Enumerable.Range(Popularity.Ward, 160).Select(_hospital.UnitOfPatient);
        Assert.Equal(Enumerable.Range(1, Hospital.Units - 1), others.Distinct().Order());
    }

    [Fact]
    public void Everything_that_is_sent_is_JSON()
    {
        byte[][] sent =
        [
            Hospital.Locations(), _hospital.Admission(7, Now), Hospital.Alarm(7, raises: true, Now),
            .. Enumerable.Range(0, 10).Select(number => _hospital.Vital(number, 7, Now)),
        ];
        Assert.All(sent, body => JsonDocument.Parse(body).Dispose());
    }

    [Fact]
    public void A_correction_is_of_the_same_statement()
    {
        using var alarm = JsonDocument.Parse(Hospital.Alarm(7, raises: true, Now));
        using var correction = JsonDocument.Parse(Hospital.Alarm(7, raises: false, Now));
        Assert.Equal(alarm.RootElement.GetProperty("id").GetString(), correction.RootElement.GetProperty("id").GetString());
        Assert.Equal(Hospital.AlarmOf(7), alarm.RootElement.GetProperty("id").GetString());
        static double Value(JsonDocument body) => body.RootElement.GetProperty("valueQuantity").GetProperty("value").GetDouble();
        Assert.True(Value(alarm) >= 4 && Value(correction) <= 2);
    }

    [Fact]
    public void A_patient_is_known_by_its_id() => Assert.Equal(42, Hospital.PatientOf(Hospital.IdOf(42)));
}
