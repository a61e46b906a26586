using Orleans.Runtime;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using PatientGrains.Host.Composition;
using PatientGrains.Log;

namespace PatientGrains.Grains.Tests;

/// <summary>What is refused for want of room was not decided and is not written, and is taken under the same message id later.</summary>
public sealed class BusyRecordTests : IAsyncLifetime
{
    private readonly ScriptedLog _log = new(new InMemoryLog());
    private readonly RecordCluster _cluster;

    public BusyRecordTests() => _cluster = new RecordCluster { Log = _log, Options = new JournalOptions { MaxWaiting = 3, Depth = 3 } };

    public Task InitializeAsync() => _cluster.InitializeAsync();

    public Task DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task A_patient_of_whom_too_much_waits_is_busy_and_others_are_not()
    {
        await Write("hot", "m0");
        await Write("other", "m0");
        _log.Close();
        var waiting = Enumerable.Range(1, 3).Select(i => Write("hot", $"m{i}")).ToList();
        await _log.Holds(3);
        Assert.Equal(Rule.Busy, Assert.IsType<Refused>(await Write("hot", "late")).Rule);
        var other = Write("other", "m1");
        Assert.False(other.IsCompleted);
        _log.Open();
        Assert.All(await Task.WhenAll([.. waiting, other]), outcome => Assert.IsType<Accepted>(outcome));
        await IsTakenNow("hot", decided: 4);
    }

    [Fact]
    public async Task While_the_store_is_crowded_nothing_is_decided_and_the_record_stays_open()
    {
        await Write("p", "m0");
        int opened = _log.Opened;
        _log.IsCrowded = true;
        Assert.Equal(Rule.Busy, Assert.IsType<Refused>(await Write("p", "late")).Rule);
        _log.IsCrowded = false;
        await IsTakenNow("p", decided: 1);
        Assert.Equal(opened, _log.Opened);
    }

    [Fact]
    public async Task A_record_that_does_not_open_turns_away_what_comes_beyond_the_limit_and_answers_what_waits()
    {
        var opening = new TaskCompletionSource();
        _log.Opening = opening.Task;
        // Orleans takes one beyond its limit.
        const int sent = Engine.MostWaiting + 50, most = Engine.MostWaiting + 1;
        var turnedAway = new SemaphoreSlim(0);
        var calls = Enumerable.Range(0, sent).Select(_ => IsAnswered("p", turnedAway)).ToList();
        for (int i = most; i < sent; i++)
            Assert.True(await turnedAway.WaitAsync(RecordCluster.Patience), $"{i - most} calls were turned away");
        opening.SetResult();
        int answered = (await Task.WhenAll(calls)).Count(isAnswered => isAnswered);
        Assert.InRange(answered, Engine.MostWaiting, most);
        Assert.IsType<Accepted>(await Write("p", "m1"));
    }

    private async Task<bool> IsAnswered(string patient, SemaphoreSlim turnedAway)
    {
        try
        {
            await _cluster.Patient(patient).Ask(new WakeUp { Who = null });
            return true;
        }
        catch (Exception failed) when (failed is OrleansException or TimeoutException)
        {
            turnedAway.Release();
            return false;
        }
    }

    private async Task IsTakenNow(string patient, int decided)
    {
        Assert.Equal(decided, await Updates(patient));
        Assert.False(Assert.IsType<Accepted>(await Write(patient, "late")).Repeated);
        Assert.Equal(decided + 1, await Updates(patient));
        Assert.True(Assert.IsType<Accepted>(await Write(patient, "late")).Repeated);
    }

    /// <summary>Submissions that its log knows, taken or refused; looking at it is an access of another kind.</summary>
    private async Task<int> Updates(string patient)
    {
        var officer = Submissions.Clinician with { Roles = [Role.PrivacyOfficer] };
        var log = Assert.IsType<AccessLogReleased>(
            await _cluster.Patient(patient).Ask(new ReadAccessLog { Who = officer, Count = 100 }));
        return log.Entries.Count(entry => entry.Interaction == "update");
    }

    private Task<Outcome> Write(string patient, string message) => _cluster.Patient(patient).Ask(
        Submissions.Of(message, Submissions.Put(new ResourceKey("Observation", $"{patient}-{message}"), message)));
}
