using System.Collections.Concurrent;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Live;

/// <summary>
/// What was caused, and what came of it: each alarming lactate raises one alert, each correction withdraws it, and each of the two is one
/// line at every subscriber that it is for. Times what was acknowledged against what was received, and finds what was lost.
/// </summary>
internal sealed class Alarms(Hospital hospital, Func<int, int> receiversOfUnit, TimeProvider clock)
{
    public const string AckToReceived = "acknowledged to received";
    public const string DueToReceived = "due to received";
    public const string DueToSent = "due to sent";
    public const string SentToAck = "sent to acknowledged";

    private readonly ConcurrentDictionary<(int Patient, int Version), Alarm> _all = new();
    private readonly int[] _versions = new int[hospital.Patients];
    private long _received, _expected, _beforeAck, _unknown, _passedOver;

    public long Caused => _all.Count;
    public long Received => Volatile.Read(ref _received);
    public long Expected => Volatile.Read(ref _expected);

    /// <summary>Deliveries that were there before the acknowledgement, counted as 0.</summary>
    public long BeforeAck => Volatile.Read(ref _beforeAck);

    /// <summary>Lines that nothing of ours should have caused.</summary>
    public long Unknown => Volatile.Read(ref _unknown);

    /// <summary>Deliveries that subscribers were told of without content, to be read again by cursor.</summary>
    public long PassedOver => Volatile.Read(ref _passedOver);

    /// <summary>Neither received nor told of.</summary>
    public long Lost => Math.Max(0, Expected - Received - PassedOver);

    /// <summary>The next version of a patient's alarming value: odd ones raise, even ones correct. Under the sender's lock.</summary>
    public Alarm Next(int patient, long due, Recorder? own)
    {
        var alarm = new Alarm(patient, ++_versions[patient], due, receiversOfUnit(hospital.UnitOfPatient(patient)), own);
        _all[(patient, alarm.Version)] = alarm;
        Interlocked.Add(ref _expected, alarm.Receivers);
        return alarm;
    }

    public void Acknowledged(Alarm alarm)
    {
        int early = alarm.Acknowledge(clock.GetTimestamp());
        Interlocked.Add(ref _beforeAck, early);
    }

    /// <summary>A line of a patient that a subscriber could not be given.</summary>
    /// <param name="patient">Whose record did not answer in time.</param>
    /// <param name="units">What the subscriber has asked for; none for all. Nobody knows for which unit such a line is.</param>
    public void PassOver(int patient, ICollection<string> units)
    {
        if (units.Count == 0 || units.Contains(Hospital.UnitOf(hospital.UnitOfPatient(patient))))
            Interlocked.Increment(ref _passedOver);
    }

    public void Receive(int patient, int version)
    {
        if (!_all.TryGetValue((patient, version), out var alarm))
        {
            Interlocked.Increment(ref _unknown);
            return;
        }
        Interlocked.Increment(ref _received);
        alarm.Receive(clock.GetTimestamp());
    }
}

/// <summary>One alarming value, or its correction.</summary>
internal sealed class Alarm(int patient, int version, long due, int receivers, Recorder? own)
{
    private readonly TaskCompletionSource _everywhere = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private long? _acknowledged;
    private int _early;
    private int _received;

    public int Patient => patient;
    public int Version => version;
    public int Receivers => receivers;
    public bool Raises => version % 2 == 1;

    /// <summary>Ends when every subscriber that it is for has it.</summary>
    public Task Everywhere => _everywhere.Task;

    /// <returns>How many subscribers had it already.</returns>
    public int Acknowledge(long at)
    {
        lock (_gate)
        {
            _acknowledged = at;
            for (int i = 0; i < _early; i++)
                own?.Of(Alarms.AckToReceived).Add(at, at);
            return _early;
        }
    }

    public void Receive(long at)
    {
        own?.Of(Alarms.DueToReceived).Add(due, at);
        lock (_gate)
        {
            if (_acknowledged is { } acknowledged)
                own?.Of(Alarms.AckToReceived).Add(acknowledged, at);
            else
                _early++;
            if (++_received == receivers)
                _everywhere.TrySetResult();
        }
    }
}
