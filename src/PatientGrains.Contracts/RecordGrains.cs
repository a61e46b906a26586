using System.Collections.Immutable;
using Orleans;
using PatientGrains.Core.Record;

namespace PatientGrains.Contracts;

/// <summary>
/// A grain that hosts one log. Whatever it answers is durable, its access entry included; a failed call (an exception) acknowledged nothing
/// and may be repeated with the same message id.
/// </summary>
public interface IRecordGrain : IGrainWithStringKey
{
    /// <summary>Decides a command, waits until its events are durable, answers.</summary>
    Task<Outcome> Ask(Command command);

    /// <summary>
    /// Changes this record and others in one append: all or nothing. The outcome's results are in the order own changes first, then those
    /// of each other record.
    /// </summary>
    Task<Outcome> Transact(Transaction transaction);

    /// <summary>
    /// First half of somebody else's transaction: decides, seals, and holds everything later back until <see cref="Settle"/>, or until the
    /// preparation times out and the activation starts afresh from the log, which knows what really happened.
    /// </summary>
    Task<Preparation> Prepare(Submit submit);

    /// <summary>Second half: tells whether the append that carried the prepared commit became durable.</summary>
    /// <returns>
    /// Of a commit that is given up: whether the log still ended where it was prepared, so that what the preparation said was of the newest
    /// state. False also when that is not known.
    /// </returns>
    Task<bool> Settle(string preparation, bool committed);
}

/// <summary>One patient; the key is the logical id of the Patient.</summary>
public interface IPatientGrain : IRecordGrain;

/// <summary>One resource outside patient compartments; the key is <c>Type/id</c>.</summary>
public interface IDirectoryGrain : IRecordGrain;

/// <summary>
/// A shard of the log of accesses that have no record: refused logins, unknown patients, searches without a match. The key is the shard's
/// number.
/// </summary>
public interface ISecurityGrain : IRecordGrain;

/// <summary>
/// Answers where things are, from the durable locator and the blinded population index. Stateless; the key has no meaning.
/// </summary>
public interface ILocatorGrain : IGrainWithStringKey
{
    /// <summary>
    /// Name of the log that holds a resource (<c>Patient/x</c> or the resource's own name), null when no log has claimed its id.
    /// </summary>
    Task<string?> Locate(ResourceKey key);

    /// <summary>
    /// Names of logs that may hold a current resource of this type with this token; they are candidates, each record must be asked.
    /// </summary>
    /// <param name="type">Resource type.</param>
    /// <param name="param">Search parameter; this build indexes <c>identifier</c>.</param>
    /// <param name="system">Null for any system, empty for none.</param>
    /// <param name="code">The value.</param>
    /// <param name="limit">How many names at most.</param>
    Task<ImmutableArray<string>> Candidates(string type, string param, string? system, string code, int limit);
}

/// <summary>Reads feeds from the store, for the fronts. Stateless; the key has no meaning.</summary>
public interface IFeedGrain : IGrainWithStringKey
{
    /// <summary>
    /// Lines behind a number, as soon as there is one; an empty page when none came in time. A feed's lines are durable, numbered without
    /// gaps, and never change but by the erasure of their log, which leaves a line with its number and an empty name
    /// (<see cref="FeedLine.Log"/>): a reader counts it as seen.
    /// </summary>
    /// <param name="feed">Which feed; another number than those of <see cref="Feed"/> is an exception.</param>
    /// <param name="after">0 for the beginning.</param>
    /// <param name="limit">How many lines at most, up to 1,000.</param>
    /// <param name="waitMillis">
    /// How long to wait for the first, at most 10,000; 0 answers at once. Less when very many wait already or the process stops.
    /// </param>
    Task<FeedPage> Read(Feed feed, long after, int limit, int waitMillis);
}

/// <summary>Names of the Orleans stream of alert hints: namespace <c>alerts</c>, items are <see cref="AlertHint"/>.</summary>
public static class AlertStreams
{
    /// <summary>Name of the stream provider, and namespace of its streams.</summary>
    public const string Name = "alerts";

    /// <summary>Key of the stream of all patients.</summary>
    public const string All = "all";

    public static string OfPatient(string id) => "patient/" + id;

    public static string OfUnit(string unit) => "unit/" + unit;
}

/// <summary>
/// How many security logs there are: enough that refused requests do not queue behind each other, few enough to read them all.
/// </summary>
public static class SecurityLog
{
    public const int Shards = 16;

    /// <summary>Name of the log of a shard.</summary>
    public static string NameOf(string shard) => "security/" + shard;
}

/// <summary>Which grain hosts the log of a name.</summary>
public static class RecordNames
{
    private const string Patient = "Patient/";
    private const string Security = "security/";

    /// <param name="grains">The engine.</param>
    /// <param name="log">
    /// <c>Patient/x</c>, <c>security/n</c>, or <c>Type/id</c> of a resource outside patient compartments.
    /// </param>
    public static IRecordGrain GrainOf(IGrainFactory grains, string log) =>
        log.StartsWith(Patient, StringComparison.Ordinal) ? grains.GetGrain<IPatientGrain>(log[Patient.Length..])
        : log.StartsWith(Security, StringComparison.Ordinal) ? grains.GetGrain<ISecurityGrain>(log[Security.Length..])
        : grains.GetGrain<IDirectoryGrain>(log);
}
