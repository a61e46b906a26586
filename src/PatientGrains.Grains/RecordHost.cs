using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;
using PatientGrains.Log;

namespace PatientGrains.Grains;

/// <summary>What every record grain needs of its process: the log, the keys, the clock.</summary>
/// <param name="ids">Makes the ids of entries from their time; null for version 7. A simulation makes them from its seed.</param>
public sealed class RecordHost(
    IPatientLog log, KeyRing keys, TimeProvider clock, JournalOptions options, Func<DateTimeOffset, Guid>? ids = null)
{
    private readonly Func<DateTimeOffset, Guid> _ids = ids ?? Guid.CreateVersion7;

    /// <summary>A journal at the head of the log of that name.</summary>
    public Task<PatientJournal<PatientRecord, Event>> Open(string name, CancellationToken cancel) =>
        PatientJournal<PatientRecord, Event>.Open(log, keys, clock, new LogName(name), RecordJournalFold.Instance, options, cancel);

    /// <summary>Time, and a fresh id: version 7, so that entries of one moment lie together.</summary>
    public Facts Facts(string log)
    {
        // Logged times are whole microseconds: what JSON, FHIR's instant and the commit header all carry without loss.
        var now = clock.GetUtcNow();
        var micros = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
        return new Facts(micros, _ids(micros).ToString(), log);
    }
}

/// <summary>What a failure of the log means to whoever asked.</summary>
internal static class Refusals
{
    /// <returns>Null when the failure is nothing that a requester can act on: it crosses as an exception.</returns>
    public static Refused? For(LogException failure) => failure switch
    {
        LogBusyException => new Refused(Rule.Busy),
        LogLimitException => new Refused(Rule.RecordFull),
        JournalLostException { InnerException: LogFullException } or LogFullException => new Refused(Rule.StorageFull),
        JournalLostException { InnerException: LogBusyException } => new Refused(Rule.Busy),
        JournalLostException => new Refused(Rule.Interrupted),
        _ => null,
    };
}
