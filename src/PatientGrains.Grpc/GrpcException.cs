using System.Collections.Immutable;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using PatientGrains.Grpc.Rpc;

namespace PatientGrains.Grpc;

/// <summary>
/// A call that ends with a status other than OK. A handler throws it to answer so; a client gets it thrown. Its message travels: it never
/// holds clinical content.
/// </summary>
public sealed class GrpcException : Exception
{
    private readonly ImmutableArray<Any> _details;

    /// <param name="code">Not <see cref="GrpcCode.Ok"/>.</param>
    /// <param name="message">For developers, in English.</param>
    /// <param name="details">Messages of google/rpc/error_details.proto; dropped from the end where they would not fit into a
    /// trailer.</param>
    public GrpcException(GrpcCode code, string message, params ReadOnlySpan<IMessage> details)
        : base(message)
    {
        if (code == GrpcCode.Ok)
            throw new ArgumentException("OK is no error.", nameof(code));
        Code = code;
        var packed = ImmutableArray.CreateBuilder<Any>(details.Length);
        foreach (var detail in details)
            packed.Add(Any.Pack(detail));
        _details = packed.MoveToImmutable();
    }

    private GrpcException(GrpcCode code, string message, Exception? inner, ImmutableArray<Any> details)
        : base(message, inner)
    {
        Code = code;
        _details = details;
    }

    public GrpcCode Code { get; }

    /// <summary>What the peer sent with the status, at its end; null on a server, and where none came.</summary>
    public GrpcMetadata? Trailers { get; init; }

    /// <summary>The first detail of a type; null when there is none.</summary>
    /// <exception cref="InvalidProtocolBufferException">There is one, and it cannot be read.</exception>
    public T? Find<T>() where T : class, IMessage<T>, new()
    {
        foreach (var detail in _details)
        {
            if (detail.TryUnpack(out T found))
                return found;
        }
        return null;
    }

    /// <summary>As it travels in <c>grpc-status-details-bin</c>, or in an answer of its own.</summary>
    public Status ToStatus() => new() { Code = (int)Code, Message = Message, Details = { _details } };

    /// <summary>What a status means; OK, which no refusal has, counts as Unknown.</summary>
    public static GrpcException From(Status status, GrpcMetadata? trailers = null) =>
        new(status.Code == 0 ? GrpcCode.Unknown : (GrpcCode)status.Code, status.Message, null, [.. status.Details]) { Trailers = trailers };

    internal static GrpcException From(GrpcCode code, string message, Exception inner) => new(code, message, inner, []);
}
