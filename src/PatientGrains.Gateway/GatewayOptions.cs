using System.Collections.Immutable;
using PatientGrains.Gateway.Admission;
using PatientGrains.Gateway.Feeds;
using PatientGrains.Grpc;

namespace PatientGrains.Gateway;

/// <summary>A system that may assert facts (DESIGN: a source).</summary>
/// <param name="Slug">Its short name in tokens, without a dot.</param>
/// <param name="Uri">What meta.source of its resources says; absolute.</param>
public sealed record Source(string Slug, string Uri);

/// <summary>
/// What Host hands to the fronts. Every limit is named and has its reason; past it a request is refused before anything is written.
/// </summary>
public sealed record GatewayOptions
{
    /// <summary>Key of the HMAC that signs tokens (HS256), at least 32 bytes (RFC 7518 3.2); from the key ring.</summary>
    public required ReadOnlyMemory<byte> TokenKey { get; init; }

    /// <summary>The registered sources; a token of any other is refused.</summary>
    public required ImmutableArray<Source> Sources { get; init; }

    /// <summary>The token's <c>iss</c>.</summary>
    public string TokenIssuer { get; init; } = "patientgrains";

    /// <summary>The token's <c>aud</c>.</summary>
    public string TokenAudience { get; init; } = "patientgrains";

    /// <summary>How far the clocks of issuer and server may be apart. More would let expired tokens live on.</summary>
    public TimeSpan TokenClockSkew { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The base of all addresses that the server writes, without a slash at the end, for example <c>https://records.example.org/fhir</c>.
    /// Null: scheme and host as requested,
    /// which is right while no proxy rewrites them.
    /// </summary>
    public string? BaseUrl { get; init; }

    /// <summary>Name of the software in metadata.</summary>
    public string SoftwareVersion { get; init; } = typeof(GatewayOptions).Assembly.GetName().Version?.ToString(3) ?? "0";

    /// <summary>
    /// Bytes of a request body, both as sent and after decompression: a body is held in memory whole, and a gzip bomb must end somewhere.
    /// The scanner's own limit is the same.
    /// </summary>
    public int MaxBodyBytes { get; init; } = 64 << 20;

    /// <summary>Characters of an Idempotency-Key: it is stored with every version that it brought, and remembered in memory.</summary>
    public int MaxMessageIdChars { get; init; } = 128;

    /// <summary>Resources on a page of a search or history when the client names no _count: about 100 KB.</summary>
    public int DefaultPageSize { get; init; } = 100;

    /// <summary>
    /// Resources on a page at most: about 2 MB are built in memory before the first byte leaves. A larger _count gets this many and a next
    /// link (R4 3.1.1.5.3).
    /// </summary>
    public int MaxPageSize { get; init; } = 2_000;

    /// <summary>Resources on a page of <c>$everything</c>, which clients expect whole: about 10 MB.</summary>
    public int MaxEverythingPageSize { get; init; } = 10_000;

    /// <summary>How many records one search may ask: each is an activation and an access entry.</summary>
    public int MaxRecordsPerSearch { get; init; } = 64;

    /// <summary>
    /// Characters of an address and its query, and of a form body: beyond it nothing legitimate is known, and each value costs a comparison
    /// per resource.
    /// </summary>
    public int MaxSearchChars { get; init; } = 16_384;

    /// <summary>What may be under way and what may wait.</summary>
    public AdmissionLimits Admission { get; init; } = new();

    /// <summary>Limits of gRPC calls.</summary>
    public GrpcLimits Grpc { get; init; } = new();

    /// <summary>
    /// Submissions of one stream that are unanswered at a time: at 10 ms each this is 50,000 a second, more than the store takes.
    /// </summary>
    public int MaxUnanswered { get; init; } = 512;

    /// <summary>Limits of subscriptions to feeds.</summary>
    public FeedLimits Feeds { get; init; } = new();

    /// <summary>
    /// Refused logins that are written one by one, per remote address and second; the rest is counted and the count is written, so that a
    /// flood cannot fill the log.
    /// </summary>
    public int MaxNotedLoginsPerSecond { get; init; } = 20;

    /// <summary>
    /// Remote addresses that are counted one by one; more in one second share a count, so that a flood cannot fill the memory.
    /// </summary>
    public int MaxCountedAddresses { get; init; } = 4_096;
}
