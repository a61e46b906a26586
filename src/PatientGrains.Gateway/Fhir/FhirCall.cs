using System.Runtime.CompilerServices;
using PatientGrains.Core.Access;

namespace PatientGrains.Gateway.Fhir;

/// <summary>One request to an interaction: over HTTP of its own, or as an entry of a batch or transaction.</summary>
internal sealed record FhirCall
{
    public required Requester Who { get; init; }

    /// <summary>Ties log entries, access entries and the response together.</summary>
    public required string RequestId { get; init; }

    /// <summary>Names the submission: the client's Idempotency-Key, or a fresh one.</summary>
    public required string MessageId { get; init; }

    /// <summary>Without a slash at the end.</summary>
    public required string BaseUrl { get; init; }

    public required string Method { get; init; }

    /// <summary>The segments after the base, decoded.</summary>
    public required string[] Path { get; init; }

    public required Parameters Query { get; init; }
    public Preferences Prefer { get; init; } = new();
    public string? IfMatch { get; init; }
    public string? IfNoneMatch { get; init; }
    public string? IfModifiedSince { get; init; }
    public string? IfNoneExist { get; init; }
    public string? ContentType { get; init; }

    /// <summary>Reads the body; of an entry there is none.</summary>
    public Func<Task<(ReadOnlyMemory<byte> Bytes, Answer? Problem)>> ReadBody { get; init; } = () =>
        Task.FromResult((default(ReadOnlyMemory<byte>), (Answer?)null));

    /// <summary>What was asked, for access entries: the path with its query.</summary>
    public string Asked => Query.All.Count == 0 ? string.Join('/', Path) : $"{string.Join('/', Path)}?{Parameters.Write(Query.All)}";

    public FhirCall WithQuery(Parameters query) => this with { Query = query };

    /// <summary>
    /// Whether a record wrote an access entry for this call; if none did when the answer is ready, the security log gets one.
    /// </summary>
    public bool IsLogged
    {
        get => _isLogged.Value;
        set => _isLogged.Value = value;
    }

    /// <summary>Shared by the copies of a call, but for entries.</summary>
    private StrongBox<bool> _isLogged = new();

    /// <summary>A copy for an entry of a Bundle: it has no body and no conditions of the request that carried it.</summary>
    public FhirCall Entry(string method, string[] path, Parameters query) => this with
    {
        Method = method,
        Path = path,
        Query = query,
        ContentType = null,
        IfMatch = null,
        IfNoneMatch = null,
        IfModifiedSince = null,
        IfNoneExist = null,
        ReadBody = () => Task.FromResult((default(ReadOnlyMemory<byte>), (Answer?)null)),
        _isLogged = new(),
    };
}
