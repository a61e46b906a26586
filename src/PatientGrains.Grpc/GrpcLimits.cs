namespace PatientGrains.Grpc;

/// <summary>
/// What a server bears, each with its reason. Past a limit a call is refused, before a handler sees it where that is possible.
/// </summary>
public sealed record GrpcLimits
{
    internal const int UsualCompressFrom = 512;

    /// <summary>
    /// Bytes of a request message, as sent and after decompression, unless a method says otherwise; gRPC's usual default.
    /// </summary>
    public int MaxRequestBytes { get; init; } = 4 << 20;

    /// <summary>Bytes of a response message before compression: it is in memory whole.</summary>
    public int MaxResponseBytes { get; init; } = 128 << 20;

    /// <summary>
    /// Bytes of request messages that have not arrived whole, over all calls: what many slow senders of large messages can hold together.
    /// Also the memory of single requests until they are answered.
    /// </summary>
    public long MaxHeldBytes { get; init; } = 512L << 20;

    /// <summary>
    /// Calls at once over all connections, subscriptions among them; each costs some 10 KB, and up to 64 KB while a client does not read.
    /// </summary>
    public int MaxCalls { get; init; } = 10_000;

    /// <summary>Calls at once on one connection; more wait at the client (SETTINGS_MAX_CONCURRENT_STREAMS).</summary>
    public int MaxCallsPerConnection { get; init; } = 250;

    /// <summary>
    /// How long the request of a call that has one may take to arrive whole; a stream of requests may be quiet as long as it likes.
    /// </summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a client may take nothing of what waits for it before its call is reset; a subscriber resumes by its cursor.
    /// </summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A connection that is silent so long is asked whether it lives, so that half-open ones end.</summary>
    public TimeSpan KeepAliveDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the answer may take.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Bytes that a client may send ahead on one call: enough for the round trip, and all that a handler that does not read costs.
    /// </summary>
    public int StreamWindowBytes { get; init; } = 512 << 10;

    /// <summary>Bytes that a client may send ahead over all calls of a connection.</summary>
    public int ConnectionWindowBytes { get; init; } = 1 << 20;

    /// <summary>Messages smaller than this are never compressed: gzip makes them longer.</summary>
    public int CompressFrom { get; init; } = UsualCompressFrom;
}
