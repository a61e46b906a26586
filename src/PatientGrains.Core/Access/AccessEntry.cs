using System.Collections.Immutable;
using System.Text.Json.Serialization;
using PatientGrains.Core.Record;

namespace PatientGrains.Core.Access;

/// <summary>Who asks, proven by a token at the front: the agent of the access entry (45 CFR 164.312(b), IHE BALP).</summary>
public sealed record Requester
{
    /// <summary>Stable name of the person or system, the token's <c>sub</c>.</summary>
    public required string Subject { get; init; }

    public required ImmutableArray<Role> Roles { get; init; }

    /// <summary>Why, a code of HL7's PurposeOfUse (v3-ActReason): TREAT, ETREAT, HPAYMT, HOPERAT, HRESCH, PATRQT...</summary>
    public required string Purpose { get; init; }

    /// <summary>Slug of the source that the client is bound to.</summary>
    public required string Source { get; init; }
}

/// <summary>What a requester may do; the numbers and names are stored.</summary>
public enum Role
{
    /// <summary>Reads and writes records in care.</summary>
    Clinician = 1,
    /// <summary>A system that submits statements of its source and reads back.</summary>
    Integrator = 2,
    /// <summary>Reads access logs, never clinical content.</summary>
    PrivacyOfficer = 3,
    /// <summary>A system that receives alerts and shows them to clinicians; reads nothing else.</summary>
    Alerting = 4,
    /// <summary>Keeps the servers running and sees how they do; reads no record and no access log.</summary>
    Operator = 5,
}

/// <summary>A version that left the record.</summary>
public sealed record ReleasedVersion(ResourceKey Key, int Version);

/// <summary>
/// One line of the access log: who saw or changed what, when, why, and what was decided. It is durable before a byte of the answer leaves.
/// </summary>
public sealed record AccessEntry
{
    /// <summary>Unique id of the entry, the id of its AuditEvent.</summary>
    public required string Id { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Null when nobody could be named: no token, or one that does not verify.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required Requester? Who { get; init; }

    /// <summary>
    /// A code of R4's restful-interaction value set (read, vread, history-instance, search-type, create, update, delete, transaction,
    /// batch, operation), or <c>login</c>.
    /// </summary>
    public required string Interaction { get; init; }

    /// <summary>What was asked for, as the front understood it: a key, a search; sealed like everything else in the log.</summary>
    public required string Asked { get; init; }

    /// <summary>Null when permitted, else the name of the rule that refused.</summary>
    public string? RefusedBy { get; init; }

    /// <summary>The versions that were released or written.</summary>
    public ImmutableArray<ReleasedVersion> Versions { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Set on the delivery of a feed: which one. A refused delivery of the security feed is no line of it.</summary>
    public Feed? Feed { get; init; }

    /// <summary>Ties the entry to the front's trace.</summary>
    public string? RequestId { get; init; }

    internal static AccessEntry For(
        Command command, Facts facts, string interaction, string asked, ImmutableArray<ReleasedVersion> versions = default) => new()
    {
        Id = facts.EntryId,
        At = facts.Now,
        Who = command.Who,
        Interaction = interaction,
        Asked = asked,
        RequestId = command.RequestId,
        Versions = versions,
    };
}
