using System.Collections.Immutable;
using System.Text;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Search;

namespace PatientGrains.Core.Tests;

/// <summary>Small values that tests start from.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static readonly Requester Clinician = new()
    {
        Subject = "dr-grey", Roles = [Role.Clinician], Purpose = "TREAT", Source = "local",
    };

    public static readonly Requester Auditor = Clinician with { Subject = "privacy", Roles = [Role.PrivacyOfficer], Purpose = "HOPERAT" };

    public static AccessEntry Entry => new()
    {
        Id = "e1", At = At, Who = Clinician, Interaction = "read", Asked = "Observation/a", Versions = [new(new("Observation", "a"), 1)],
        RequestId = "r",
    };

    /// <summary>A body with a code, a date and, when named, an identifier.</summary>
    public static StatementBody Body(string json = """{"resourceType":"Observation","id":"a"}""", string? identifier = null)
    {
        var terms = new TermWriter();
        terms.Token("code"u8, "http://loinc.org"u8, "8867-4"u8);
        terms.Date("date"u8, At.Ticks, At.Ticks + TimeSpan.TicksPerSecond);
        if (identifier is not null)
            terms.Token("identifier"u8, "urn:mrn"u8, Encoding.UTF8.GetBytes(identifier));
        return Body(json, terms);
    }

    public static StatementBody Body(string json, TermWriter terms) => new()
    {
        Json = new Blob(Encoding.UTF8.GetBytes(json)), MetaAt = 30, MetaLength = 0, Terms = new Blob(terms.ToTerms().Bytes), Extractor = 1,
    };

    public static ResourceStored Stored(string key, int version) => new()
    {
        Key = ResourceKey.Parse(key), Version = version, At = At, Source = "local", MessageId = "m" + version, Body = Body(),
    };

    /// <summary>A submission whose digest stands for its message id, unless another content is named.</summary>
    public static Submit Submission(string messageId, params ImmutableArray<Change> changes) => new()
    {
        Who = Clinician, MessageId = messageId, Digest = Digest(messageId), Interaction = changes.Length == 1 ? "update" : "transaction",
        Changes = changes,
        RequestId = "trace-1",
    };

    public static Blob Digest(string content) => new(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(content)));

    public static Change Create(string key, StatementBody? body = null) =>
        new() { Kind = ChangeKind.Create, Key = ResourceKey.Parse(key), Body = body ?? Body() };

    public static Change CreateUnless(string key, string identifier) =>
        Create(key, Body(identifier: identifier)) with
        {
            IfNoneExist = [new TokenCriterion("identifier", [new TokenValue("urn:mrn", identifier)])],
        };

    public static Change Update(string key, StatementBody? body = null, int? ifVersion = null) =>
        new() { Kind = ChangeKind.Update, Key = ResourceKey.Parse(key), Body = body ?? Body(), IfVersion = ifVersion };

    public static Change Delete(string key, int? ifVersion = null) =>
        new() { Kind = ChangeKind.Delete, Key = ResourceKey.Parse(key), IfVersion = ifVersion };
}
