using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;
using PatientGrains.Grpc.Wire;

namespace PatientGrains.Grpc;

/// <summary>Answers every gRPC request of an application: which method it is, whether it may begin, and how it ends.</summary>
internal sealed partial class GrpcServer(
    IEnumerable<GrpcMethod> methods, GrpcLimits limits, TimeProvider clock, ILogger log, CancellationToken stopping)
{
    private const string ContentType = "application/grpc";

    private readonly FrozenDictionary<string, GrpcMethod> _methods =
        methods.ToFrozenDictionary(method => method.Path, StringComparer.Ordinal);

    private int _calls;

    public GrpcLimits Limits { get; } = limits;
    public TimeProvider Clock { get; } = clock;
    public CancellationToken Stopping { get; } = stopping;
    public HeldBytes Held { get; } = new(limits.MaxHeldBytes);

    /// <summary>Answers, or returns false for what is neither gRPC nor an address of ours.</summary>
    public ValueTask<bool> TryAnswer(HttpContext http)
    {
        bool isGrpc = IsGrpc(http.Request.ContentType);
        bool isKnown = _methods.TryGetValue(http.Request.Path.Value ?? "", out var method);
        return isGrpc || isKnown ? Answer(http, method, isGrpc) : new ValueTask<bool>(false);
    }

    /// <summary>The type itself, with a format that we speak or with parameters: not grpc-web, not JSON.</summary>
    private static bool IsGrpc(string? type) =>
        type is not null && type.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && type.AsSpan(ContentType.Length) is [] or [';', ..] or ['+', 'p' or 'P', 'r' or 'R', 'o' or 'O', 't' or 'T', 'o' or 'O', ..];

    private async ValueTask<bool> Answer(HttpContext http, GrpcMethod? method, bool isGrpc)
    {
        // PROTOCOL-HTTP2.md, Requests: other content types get 415, so that no HTTP client takes a trailer for success.
        int? refusal = !HttpProtocol.IsHttp2(http.Request.Protocol) ? StatusCodes.Status426UpgradeRequired
            : !HttpMethods.IsPost(http.Request.Method) ? StatusCodes.Status405MethodNotAllowed
            : !isGrpc ? StatusCodes.Status415UnsupportedMediaType
            : null;
        if (refusal is { } status)
        {
            http.Response.StatusCode = status;
            if (status == StatusCodes.Status405MethodNotAllowed)
                http.Response.Headers.Allow = HttpMethods.Post;
            else if (status == StatusCodes.Status426UpgradeRequired)
                http.Response.Headers.Upgrade = "h2c";
            return true;
        }
        http.Response.ContentType = ContentType;
        if (Obstacle(http, method, out var timeout) is { } error)
            Say(http, null, error);
        else
            await Run(http, method!, timeout).ConfigureAwait(false);
        return true;
    }

    /// <summary>Why the call cannot begin; null when it can.</summary>
    private static GrpcException? Obstacle(HttpContext http, GrpcMethod? method, out TimeSpan? timeout)
    {
        timeout = null;
        if (method is null)
            return new GrpcException(GrpcCode.Unimplemented, "There is no such method.");
        string? encoding = http.Request.Headers["grpc-encoding"];
        if (encoding is not (null or "identity" or Gzip.Name))
        {
            http.Response.Headers["grpc-accept-encoding"] = Gzip.Accepted;
            return new GrpcException(GrpcCode.Unimplemented, $"This grpc-encoding is not known; {Gzip.Accepted} are.");
        }
        string? text = http.Request.Headers["grpc-timeout"];
        if (text is null)
            return null;
        if (!Timeouts.TryParse(text, out var left))
            return new GrpcException(GrpcCode.Internal, "grpc-timeout is malformed.");
        timeout = left;
        return left <= TimeSpan.Zero ? PastDeadline() : null;
    }

    private async ValueTask Run(HttpContext http, GrpcMethod method, TimeSpan? timeout)
    {
        if (Interlocked.Increment(ref _calls) > Limits.MaxCalls)
        {
            Interlocked.Decrement(ref _calls);
            Say(http, null, new GrpcException(GrpcCode.Unavailable, "Too many calls at once. Try again."));
            return;
        }
        var call = new ServerCall(http, this, method, timeout);
        try
        {
            LetRun(http);
            var error = await Outcome(call, http).ConfigureAwait(false);
            if (!http.RequestAborted.IsCancellationRequested)
                Say(http, call, error);
        }
        finally
        {
            call.Dispose();
            Interlocked.Decrement(ref _calls);
        }
    }

    /// <summary>
    /// Each message has its limits, so a body needs none; a stream of requests may be quiet for hours, and Kestrel would close the whole
    /// connection.
    /// </summary>
    private static void LetRun(HttpContext http)
    {
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
    }

    /// <summary>Null for OK.</summary>
    private async ValueTask<GrpcException?> Outcome(ServerCall call, HttpContext http)
    {
        try
        {
            await call.Method.Run(call).ConfigureAwait(false);
            return null;
        }
        catch (GrpcException e)
        {
            return e;
        }
        catch (Exception e) when (call.IsPastDeadline && e is OperationCanceledException or IOException)
        {
            return PastDeadline();
        }
        catch (OperationCanceledException e) when (e.InnerException is IOException)
        {
            return new GrpcException(GrpcCode.Cancelled, "The call was cancelled.");
        }
        catch (Exception e) when (http.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            return new GrpcException(GrpcCode.Cancelled, "The call was cancelled.");
        }
        catch (Exception e)
        {
            // Its message may hold what must not leave, nor stand in a log.
            Failed(call.Method.Path, e.GetType().FullName, e.StackTrace);
            return new GrpcException(GrpcCode.Internal, "The call failed.");
        }
    }

    private static GrpcException PastDeadline() => new(GrpcCode.DeadlineExceeded, "The deadline has passed.");

    /// <summary>
    /// Trailers where a message went before them; else all in the headers, Trailers-Only (PROTOCOL-HTTP2.md, Responses).
    /// </summary>
    private static void Say(HttpContext http, ServerCall? call, GrpcException? error)
    {
        var to = call is { HasWritten: true }
            ? http.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers
            : http.Response.Headers;
        to["grpc-status"] = ((int)(error?.Code ?? GrpcCode.Ok)).ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (error is not null)
        {
            to["grpc-message"] = StatusText.Encode(error.Message);
            if (StatusText.Details(error) is { } details)
                to["grpc-status-details-bin"] = details;
        }
        foreach (var (name, value) in call?.Context.Trailers ?? [])
            to.Append(name, value);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} failed: {Exception}\n{Stack}")]
    private partial void Failed(string method, string? exception, string? stack);
}
