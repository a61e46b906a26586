using System.Collections.Immutable;
using System.Text.Json;
using PatientGrains.Core.Access;
using PatientGrains.Core.Screening;

namespace PatientGrains.Core.Record;

/// <summary>
/// Writes the heads of the three events that every submission has, by hand and byte for byte as the serializer would (a test compares them
/// over samples of every member): polymorphism makes the serializer take its slow way, which was half of what encoding an event cost.
/// What is found here must be added to when one of these types gets a member.
/// </summary>
internal static class EventHeads
{
    private static readonly JsonEncodedText
        Kind = Name("$"), Key = Name("key"), Version = Name("version"), At = Name("at"), Source = Name("source"),
        MessageId = Name("messageId"), Body = Name("body"), Json = Name("json"), MetaAt = Name("metaAt"), MetaLength = Name("metaLength"),
        Terms = Name("terms"), Extractor = Name("extractor"), Findings = Name("findings"), Digest = Name("digest"),
        Results = Name("results"), Effect = Name("effect"), Entry = Name("entry"), Id = Name("id"), Who = Name("who"),
        Interaction = Name("interaction"), Asked = Name("asked"), RefusedBy = Name("refusedBy"), Versions = Name("versions"),
        FeedName = Name("feed"), RequestId = Name("requestId"), Subject = Name("subject"), Roles = Name("roles"),
        Purpose = Name("purpose"), Variable = Name("variable"), Value = Name("value"), From = Name("from"),
        IsPreliminary = Name("isPreliminary");

    private static readonly string?[] VariableNames =
        [.. Enumerable.Range(0, (int)Enum.GetValues<Variable>().Max() + 1).Select(number => Enum.GetName((Variable)number))];

    /// <returns>False for every other value: nothing was written.</returns>
    public static bool TryWrite(Utf8JsonWriter to, object? value)
    {
        switch (value)
        {
            case ResourceStored stored:
                Write(to, stored);
                return true;
            case SubmissionAccepted accepted:
                Write(to, accepted);
                return true;
            case AccessRecorded recorded:
                to.WriteStartObject();
                to.WriteString(Kind, "access-recorded"u8);
                to.WritePropertyName(Entry);
                Write(to, recorded.Entry);
                to.WriteEndObject();
                return true;
            default:
                return false;
        }
    }

    private static void Write(Utf8JsonWriter to, ResourceStored stored)
    {
        to.WriteStartObject();
        to.WriteString(Kind, "resource-stored"u8);
        Put(to, Key, stored.Key);
        to.WriteNumber(Version, stored.Version);
        to.WriteString(At, stored.At);
        to.WriteString(Source, stored.Source);
        to.WriteString(MessageId, stored.MessageId);
        to.WriteStartObject(Body);
        Put(to, Json, stored.Body.Json);
        to.WriteNumber(MetaAt, stored.Body.MetaAt);
        to.WriteNumber(MetaLength, stored.Body.MetaLength);
        Put(to, Terms, stored.Body.Terms);
        to.WriteNumber(Extractor, stored.Body.Extractor);
        to.WritePropertyName(Findings);
        if (stored.Body.Findings.All(static finding => finding is Measured { Variable: var measured } && NameOf(measured) is not null))
            WriteMeasured(to, stored.Body.Findings);
        else
            JsonSerializer.Serialize(to, stored.Body.Findings, FindingsJson.Info);
        to.WriteEndObject();
        to.WriteEndObject();
    }

    /// <summary>Most findings are values; of what else there is, a patient has few.</summary>
    private static void WriteMeasured(Utf8JsonWriter to, ImmutableArray<Finding> findings)
    {
        to.WriteStartArray();
        foreach (var finding in findings)
        {
            var measured = (Measured)finding;
            to.WriteStartObject();
            to.WriteString(Kind, "measured"u8);
            to.WriteString(Variable, NameOf(measured.Variable));
            to.WriteNumber(Value, measured.Value);
            to.WriteString(At, measured.At);
            if (measured.From is { } from)
                to.WriteString(From, from);
            to.WriteBoolean(IsPreliminary, measured.IsPreliminary);
            to.WriteEndObject();
        }
        to.WriteEndArray();
    }

    /// <summary>Null for one that has no name, which the serializer writes as a number.</summary>
    private static string? NameOf(Variable variable) =>
        (uint)variable < (uint)VariableNames.Length ? VariableNames[(int)variable] : null;

    /// <summary>Without a box for each.</summary>
    private static string NameOf(ChangeEffect effect) => effect switch
    {
        ChangeEffect.Created => nameof(ChangeEffect.Created),
        ChangeEffect.Updated => nameof(ChangeEffect.Updated),
        ChangeEffect.Unchanged => nameof(ChangeEffect.Unchanged),
        _ => effect.ToString(),
    };

    private static void Write(Utf8JsonWriter to, SubmissionAccepted accepted)
    {
        to.WriteStartObject();
        to.WriteString(Kind, "submission-accepted"u8);
        to.WriteString(Source, accepted.Source);
        to.WriteString(MessageId, accepted.MessageId);
        Put(to, Digest, accepted.Digest);
        to.WriteStartArray(Results);
        foreach (var result in accepted.Results)
        {
            to.WriteStartObject();
            Put(to, Key, result.Key);
            to.WriteNumber(Version, result.Version);
            to.WriteString(Effect, NameOf(result.Effect));
            to.WriteString(At, result.At);
            to.WriteEndObject();
        }
        to.WriteEndArray();
        to.WriteString(At, accepted.At);
        to.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter to, AccessEntry entry)
    {
        to.WriteStartObject();
        to.WriteString(Id, entry.Id);
        to.WriteString(At, entry.At);
        to.WritePropertyName(Who);
        if (entry.Who is { } who)
            Write(to, who);
        else
            to.WriteNullValue();
        to.WriteString(Interaction, entry.Interaction);
        to.WriteString(Asked, entry.Asked);
        if (entry.RefusedBy is { } refusedBy)
            to.WriteString(RefusedBy, refusedBy);
        to.WriteStartArray(Versions);
        foreach (var version in entry.Versions)
        {
            to.WriteStartObject();
            Put(to, Key, version.Key);
            to.WriteNumber(Version, version.Version);
            to.WriteEndObject();
        }
        to.WriteEndArray();
        if (entry.Feed is { } feed)
            to.WriteString(FeedName, feed.ToString());
        if (entry.RequestId is { } requestId)
            to.WriteString(RequestId, requestId);
        to.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter to, Requester who)
    {
        to.WriteStartObject();
        to.WriteString(Subject, who.Subject);
        to.WriteStartArray(Roles);
        foreach (var role in who.Roles)
            to.WriteStringValue(role.ToString());
        to.WriteEndArray();
        to.WriteString(Purpose, who.Purpose);
        to.WriteString(Source, who.Source);
        to.WriteEndObject();
    }

    private static void Put(Utf8JsonWriter to, JsonEncodedText name, ResourceKey key)
    {
        to.WritePropertyName(name);
        ResourceKeyJson.Put(to, key);
    }

    private static void Put(Utf8JsonWriter to, JsonEncodedText name, Blob blob)
    {
        to.WritePropertyName(name);
        BlobJson.Put(to, blob);
    }

    private static JsonEncodedText Name(string name) => JsonEncodedText.Encode(name);

    private static class FindingsJson
    {
        public static readonly System.Text.Json.Serialization.Metadata.JsonTypeInfo Info =
            CoreJson.Default.Options.GetTypeInfo(typeof(ImmutableArray<Finding>));
    }
}
