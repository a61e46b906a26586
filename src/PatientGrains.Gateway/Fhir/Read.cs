using System.Globalization;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Fhir;

/// <summary>read (R4 3.1.0.1) and vread (R4 3.1.0.2), conditional too (R4 3.1.0.1.2).</summary>
internal sealed class Read(RecordDoor records, ResourceWriter resources)
{
    public Task<Answer> Current(FhirCall call)
    {
        var key = new ResourceKey(call.Path[0], call.Path[1]);
        return Ask(call, key, new ReadResource { Who = call.Who, RequestId = call.RequestId, Key = key });
    }

    public Task<Answer> Version(FhirCall call)
    {
        var key = new ResourceKey(call.Path[0], call.Path[1]);
        // A version id that we never wrote is as good as 0: the record says that it does not know it, and logs who asked.
        int version = References.Version(call.Path[3]) ?? 0;
        return Ask(call, key, new ReadVersion { Who = call.Who, RequestId = call.RequestId, Key = key, Version = version });
    }

    private async Task<Answer> Ask(FhirCall call, ResourceKey key, Command command)
    {
        if (Queries.Unknown(call) is { } problem)
            return problem;
        return (References.IsId(key.Id) ? await records.AskHolder(key, command, call) : null) switch
        {
            null => RecordDoor.Unknown(call, AccessKind.ReadRecord),
            Released { Versions: [{ Deleted: true } tombstone] } =>
                Answer.Of(new Refused(Rule.ResourceDeleted, key, Version: tombstone.Version)),
            Released { Versions: [var version] } => Preconditions.IsUnchanged(call, version)
                ? new Answer(304) { Version = version.Version, LastModified = version.At }
                : resources.Found(version),
            Refused refused => Answer.Of(refused),
            var other => throw new InvalidOperationException($"A read was answered with {other.GetType().Name}."),
        };
    }
}

/// <summary>Conditions of requests (RFC 9110 13).</summary>
internal static class Preconditions
{
    /// <summary>Whether the client has this version already; If-None-Match goes before If-Modified-Since (RFC 9110 13.1.3).</summary>
    public static bool IsUnchanged(FhirCall call, StoredVersion version)
    {
        if (call.IfNoneMatch is { } tags)
            return tags.Split(',', StringSplitOptions.TrimEntries).Any(tag => tag == "*" || VersionOf(tag) == version.Version);
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal;
        return DateTimeOffset.TryParseExact(call.IfModifiedSince, "R", CultureInfo.InvariantCulture, Utc, out var since)
            // The header knows no fractions of seconds.
            && version.At.ToUnixTimeSeconds() <= since.ToUnixTimeSeconds();
    }

    /// <summary>The version that If-Match names.</summary>
    /// <param name="header">The header, or null.</param>
    /// <param name="version">Null without the header; 0, which is never current, for a tag that this server did not write.</param>
    public static Answer? IfMatch(string? header, out int? version)
    {
        version = null;
        if (header is null)
            return null;
        string tag = header.Trim();
        if (tag == "*" || tag.Contains(','))
            return Answer.Problem(400, "not-supported",
                "If-Match must name one version, as the ETag of an earlier response did (R4 3.1.0.5).");
        if (!tag.StartsWith("W/\"", StringComparison.Ordinal) && !tag.StartsWith('"') && VersionOf(tag) is null)
            return Answer.Problem(400, "value", "If-Match must be an ETag, for example W/\"3\".");
        version = VersionOf(tag) ?? 0;
        return null;
    }

    /// <summary><c>W/"3"</c>, also <c>"3"</c> and 3, as clients write it.</summary>
    private static int? VersionOf(string tag)
    {
        if (tag.StartsWith("W/", StringComparison.Ordinal))
            tag = tag[2..];
        return References.Version(tag.Length > 1 && tag[0] == '"' && tag[^1] == '"' ? tag[1..^1] : tag);
    }
}

/// <summary>Queries of interactions that take none or few parameters.</summary>
internal static class Queries
{
    /// <summary>A 400 that names the parameters which the interaction does not know, unless the client is lenient.</summary>
    public static Answer? Unknown(FhirCall call, params string[] known)
    {
        if (call.Prefer.IsLenient || call.Query.All.Count == 0)
            return null;
        string[] unknown = [.. call.Query.Besides(known).Select(Parameters.Shown)];
        return unknown.Length == 0
            ? null
            : Answer.Problem(400, "not-supported", $"This interaction does not know the parameters: {string.Join(", ", unknown)}.");
    }
}
