using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace PatientGrains.Grpc;

/// <summary>
/// A method of the contract and what answers it. Handlers end a call with a status other than OK by throwing <see cref="GrpcException"/>.
/// </summary>
public sealed record GrpcMethod
{
    private GrpcMethod(MethodDescriptor descriptor, Func<ServerCall, Task> run)
    {
        Descriptor = descriptor;
        Path = $"/{descriptor.Service.FullName}/{descriptor.Name}";
        Run = run;
    }

    public MethodDescriptor Descriptor { get; }

    /// <summary>Bytes of a request message; null for <see cref="GrpcLimits.MaxRequestBytes"/>.</summary>
    public int? MaxRequestBytes { get; init; }

    /// <summary>The address, where it is not that of the descriptor: one method under two versions of its package.</summary>
    internal string Path { get; init; }

    internal Func<ServerCall, Task> Run { get; }

    /// <summary>One request, one response.</summary>
    /// <exception cref="ArgumentException">The types or the flow are not those of the descriptor; the same for all of these.</exception>
    public static GrpcMethod Unary<TRequest, TResponse>(MethodDescriptor descriptor, Func<TRequest, GrpcCall, Task<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var parser = Check<TRequest, TResponse>(descriptor, false, false);
        return new(descriptor, async call =>
        {
            var request = await call.ReadOne(parser).ConfigureAwait(false);
            var response = await handler(request, call.Context).ConfigureAwait(false);
            await call.Responses<TResponse>().Write(response).ConfigureAwait(false);
        });
    }

    /// <summary>One request, any number of responses; the stream ends with the handler.</summary>
    public static GrpcMethod ServerStreaming<TRequest, TResponse>(
        MethodDescriptor descriptor, Func<TRequest, GrpcResponses<TResponse>, GrpcCall, Task> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var parser = Check<TRequest, TResponse>(descriptor, false, true);
        return new(descriptor, async call =>
        {
            var request = await call.ReadOne(parser).ConfigureAwait(false);
            await handler(request, call.Responses<TResponse>(), call.Context).ConfigureAwait(false);
        });
    }

    /// <summary>Any number of requests, one response.</summary>
    public static GrpcMethod ClientStreaming<TRequest, TResponse>(
        MethodDescriptor descriptor, Func<GrpcRequests<TRequest>, GrpcCall, Task<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var parser = Check<TRequest, TResponse>(descriptor, true, false);
        return new(descriptor, async call =>
        {
            var response = await handler(call.Requests(parser), call.Context).ConfigureAwait(false);
            await call.Responses<TResponse>().Write(response).ConfigureAwait(false);
        });
    }

    /// <summary>Any number of both, in any order; the stream ends with the handler, whether all requests were read or not.</summary>
    public static GrpcMethod Bidi<TRequest, TResponse>(
        MethodDescriptor descriptor, Func<GrpcRequests<TRequest>, GrpcResponses<TResponse>, GrpcCall, Task> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var parser = Check<TRequest, TResponse>(descriptor, true, true);
        return new(descriptor, call => handler(call.Requests(parser), call.Responses<TResponse>(), call.Context));
    }

    private static MessageParser<TRequest> Check<TRequest, TResponse>(MethodDescriptor descriptor, bool clientStreams, bool serverStreams)
        where TRequest : class, IMessage<TRequest>
    {
        bool fits = descriptor.IsClientStreaming == clientStreams && descriptor.IsServerStreaming == serverStreams
            && descriptor.InputType.ClrType == typeof(TRequest) && descriptor.OutputType.ClrType == typeof(TResponse);
        return fits
            ? (MessageParser<TRequest>)descriptor.InputType.Parser
            : throw new ArgumentException($"{descriptor.FullName} has other types, or flows otherwise.", nameof(descriptor));
    }
}
