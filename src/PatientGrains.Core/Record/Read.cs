using System.Collections.Immutable;
using PatientGrains.Core.Access;

namespace PatientGrains.Core.Record;

/// <summary>The current version of a resource (R4 3.1.0.1).</summary>
public sealed record ReadResource : Command
{
    public required ResourceKey Key { get; init; }
}

/// <summary>One version of a resource (R4 3.1.0.2).</summary>
public sealed record ReadVersion : Command
{
    public required ResourceKey Key { get; init; }
    public required int Version { get; init; }
}

/// <summary>The versions of a resource, newest first (R4 3.1.0.12).</summary>
public sealed record ReadHistory : Command
{
    public required ResourceKey Key { get; init; }

    /// <summary>How many of the newest to pass over.</summary>
    public int Skip { get; init; }

    /// <summary>How many at most.</summary>
    public required int Count { get; init; }
}

internal static class ReadDecision
{
    public static Decision Decide(PatientRecord record, ReadResource read, Facts facts)
    {
        var entry = AccessEntry.For(read, facts, "read", read.Key.ToString());
        if (Denied(read, entry) is { } denied)
            return denied;
        return record.Find(read.Key) switch
        {
            null => Refuse(entry, new Refused(Rule.ResourceUnknown, read.Key)),
            { IsDeleted: true } gone => Refuse(entry, new Refused(Rule.ResourceDeleted, read.Key, Version: gone.Version)),
            var present => Release(entry, [StoredVersion.Current(present)], 1),
        };
    }

    public static Decision Decide(PatientRecord record, ReadVersion read, Facts facts)
    {
        var entry = AccessEntry.For(read, facts, "vread", $"{read.Key}/_history/{read.Version}");
        if (Denied(read, entry) is { } denied)
            return denied;
        if (record.Find(read.Key) is not { } statement)
            return Refuse(entry, new Refused(Rule.ResourceUnknown, read.Key));
        if (read.Version < 1 || read.Version > statement.Version)
            return Refuse(entry, new Refused(Rule.VersionUnknown, read.Key));
        return Release(entry, [VersionOf(statement, read.Version)], 1);
    }

    public static Decision Decide(PatientRecord record, ReadHistory read, Facts facts)
    {
        var entry = AccessEntry.For(read, facts, "history-instance", $"{read.Key}/_history");
        if (Denied(read, entry) is { } denied)
            return denied;
        if (record.Find(read.Key) is not { } statement)
            return Refuse(entry, new Refused(Rule.ResourceUnknown, read.Key));
        var versions = Enumerable.Range(0, statement.Version)
            .Select(back => statement.Version - back)
            .Skip(read.Skip)
            .Take(read.Count)
            .Select(version => VersionOf(statement, version));
        return Release(entry, [.. versions], statement.Version);
    }

    internal static Decision Release(AccessEntry entry, ImmutableArray<StoredVersion> versions, int total) =>
        Decision.Of(
            entry with { Versions = [.. versions.Select(version => new ReleasedVersion(version.Key, version.Version))] },
            new Released(versions, total));

    internal static Decision? Denied(Command command, AccessEntry entry) =>
        AccessPolicy.RefusalFor(command.Who, AccessKind.ReadRecord) is { } rule ? Refuse(entry, new Refused(rule)) : null;

    internal static Decision Refuse(AccessEntry entry, Refused refused) =>
        Decision.Of(entry with { RefusedBy = refused.Rule.ToString() }, refused);

    /// <summary>An older version is named by where it lies; the grain reads its body and its dates from the log.</summary>
    private static StoredVersion VersionOf(Statement statement, int version) =>
        version == statement.Version
            ? StoredVersion.Current(statement)
            : new StoredVersion
            {
                Key = statement.Key,
                Version = version,
                At = default,
                Source = "",
                Deleted = false,
                Seq = statement.SeqOf(version),
            };
}
