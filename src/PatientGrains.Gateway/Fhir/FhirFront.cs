using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Gateway.Admission;
using PatientGrains.Gateway.Auth;

namespace PatientGrains.Gateway.Fhir;

/// <summary>
/// Every FHIR request goes through here: who asks, in which format, to which interaction; every answer leaves through here, once its access
/// entry is durable.
/// </summary>
internal sealed partial class FhirFront(
    Routes routes,
    Metadata metadata,
    Login login,
    AccessNotes notes,
    Entrance entrance,
    ResponseWriter responses,
    GatewayOptions options,
    TimeProvider time,
    ILogger<FhirFront> log)
{
    public const string BasePath = "/fhir";

    public async Task Handle(HttpContext http)
    {
        using var activity = Telemetry.Start();
        long started = time.GetTimestamp();
        string requestId = RequestIdOf(http);
        string kind = "unknown";
        int status = 499;
        try
        {
            Answer answer;
            (kind, answer) = await Answer(http, requestId);
            status = answer.Status;
            await responses.Write(http, answer, requestId);
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be answered. A body that was cut never came to an interaction.
            http.Abort();
        }
        catch (Exception failed) when (!http.Response.HasStarted)
        {
            var answer = OfException(failed, requestId);
            status = answer.Status;
            await responses.Write(http, answer, requestId);
        }
        finally
        {
            Telemetry.Done(activity, kind, status, time.GetElapsedTime(started));
        }
    }

    private async Task<(string Kind, Answer Answer)> Answer(HttpContext http, string requestId)
    {
        string target = http.Request.QueryString.Value ?? "";
        if (target.Length + (http.Request.Path.Value?.Length ?? 0) > options.MaxSearchChars)
            return ("unknown", Fhir.Answer.Problem(414, "too-long", "The address is too long."));
        var query = Parameters.Parse(target);
        string[] path = (http.Request.Path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        string baseUrl = options.BaseUrl ?? $"{http.Request.Scheme}://{http.Request.Host}{http.Request.PathBase}";
        bool isMetadata = path is ["metadata"];
        var (session, denied) = isMetadata ? default : await login.Requester(http, requestId, () => Asked(http, path));
        if (denied is not null)
            return ("login", denied);
        bool isAcceptable = Formats.Response(query.First("_format"), http.Request.Headers) is not null;
        if (isMetadata)
            return ("capabilities", isAcceptable ? Capabilities(http, baseUrl, query) : NotAcceptable());
        // An address or method that is none reaches nothing, so there is nothing to write down.
        var (route, problem) = routes.Find(http.Request.Method, path);
        if (route is null)
            return ("unknown", problem!);
        var call = Call(http, requestId, session!.Who, baseUrl, path, query);
        using var visit = entrance.Visit(route.Lane, call.Who.Source, isStream: false, http.RequestAborted);
        var answer = await Answer(call with { ReadBody = () => ReadBody(http, route, visit) }, route, isAcceptable, visit);
        // To note each request that came at a bad time would be the flood that it was refused for. Metrics count them.
        if (call.IsLogged || answer.RefusedBy == nameof(Rule.Busy))
            return (route.Interaction, answer);
        // A note is an append like others: what was wrong before it was let in waits for its turn now.
        if (!visit.IsIn && !await visit.Enter(0))
            return (route.Interaction, RequestBody.Busy);
        await notes.Note(call.Who, requestId, route.Interaction, $"{http.Request.Method} {call.Asked}", answer.RefusedBy);
        return (route.Interaction, answer);
    }

    private Answer Capabilities(HttpContext http, string baseUrl, Parameters query) => http.Request.Method is "GET" or "HEAD"
        ? metadata.Answer(baseUrl, query)
        : Fhir.Answer.Problem(405, "not-supported", "This address does not know the method.") with { Allow = "GET, HEAD" };

    private async Task<Answer> Answer(FhirCall call, Route route, bool isAcceptable, Visit visit)
    {
        if (!isAcceptable)
            return NotAcceptable();
        if (call.MessageId.Length > options.MaxMessageIdChars)
        {
            string limit = FormattableString.Invariant($"An Idempotency-Key has {options.MaxMessageIdChars} characters at most.");
            return Fhir.Answer.Problem(400, "too-long", limit);
        }
        // What brings a resource is let in when its body is there: a slow sender must not hold the room of others.
        bool waitsForBody = route.Lane == Lane.Submissions && call.Method != "DELETE";
        return waitsForBody || await visit.Enter(0, route.Units) ? await route.Answer(call) : RequestBody.Busy;
    }

    private async Task<(ReadOnlyMemory<byte>, Answer?)> ReadBody(HttpContext http, Route route, Visit visit)
    {
        if (route.Lane != Lane.Submissions)
            return await RequestBody.Read(http, options.MaxBodyBytes, visit.Hold);
        if (visit.IsRefused)
            return (default, RequestBody.Busy);
        var (bytes, problem) = await RequestBody.Read(http, options.MaxBodyBytes, visit.Hold);
        return problem is not null || await visit.Enter(bytes.Length, route.Units) ? (bytes, problem) : (default, RequestBody.Busy);
    }

    private FhirCall Call(HttpContext http, string requestId, Requester who, string baseUrl, string[] path, Parameters query)
    {
        var headers = http.Request.Headers;
        return new FhirCall
        {
            Who = who,
            RequestId = requestId,
            // What reads submits nothing.
            MessageId = Text(headers["Idempotency-Key"].ToString())
                ?? (HttpMethods.IsGet(http.Request.Method) ? "" : RandomNumberGenerator.GetHexString(32, lowercase: true)),
            BaseUrl = baseUrl,
            Method = http.Request.Method,
            Path = path,
            Query = query,
            Prefer = Preferences.Parse(headers["Prefer"]),
            IfMatch = Text(headers.IfMatch.ToString()),
            IfNoneMatch = Text(headers.IfNoneMatch.ToString()),
            IfModifiedSince = Text(headers.IfModifiedSince.ToString()),
            IfNoneExist = Text(headers["If-None-Exist"].ToString()),
            ContentType = Text(http.Request.ContentType),
        };
    }

    /// <summary>The client's X-Request-Id where it is plain enough to be repeated in a header and a log, else a fresh one.</summary>
    internal static string RequestIdOf(HttpContext http)
    {
        string sent = http.Request.Headers["X-Request-Id"].ToString();
        return References.IsId(sent) ? sent : Activity.Current?.TraceId.ToHexString()
            ?? RandomNumberGenerator.GetHexString(32, lowercase: true);
    }

    private static string Asked(HttpContext http, string[] path) => $"{http.Request.Method} {string.Join('/', path)}";

    private static string? Text(string? header) => string.IsNullOrWhiteSpace(header) ? null : header;

    private static Answer NotAcceptable() =>
        Fhir.Answer.Problem(406, "not-supported", "This server speaks application/fhir+json (R4 4.0) only.");

    private Answer OfException(Exception failed, string requestId)
    {
        switch (failed)
        {
            case BadHttpRequestException { StatusCode: 413 }:
                return RequestBody.TooLarge(options.MaxBodyBytes);
            case BadHttpRequestException bad:
                int status = bad.StatusCode is >= 400 and < 500 ? bad.StatusCode : 400;
                return Fhir.Answer.Problem(status, "structure", "The body could not be read to its end.");
            case TimeoutException:
                Failed(log, failed, requestId);
                const string TooLong = "The request took too long. Nothing was acknowledged; try again with the same Idempotency-Key.";
                return Fhir.Answer.Problem(503, "timeout", TooLong) with { RetryAfterSeconds = 1 };
            // A grain's mailbox is full. Whether all parts of a transaction had begun is not known here: the same key finds out.
            case Orleans.Runtime.OrleansMessageRejectionException:
                return Fhir.Answer.Of(new Refused(Rule.Interrupted));
            default:
                Failed(log, failed, requestId);
                return Fhir.Answer.Problem(500, "exception",
                    $"The server failed. Nothing was acknowledged; request {requestId} names the failure in its log.");
        }
    }

    [LoggerMessage(LogLevel.Error, "Request {RequestId} failed.")]
    private static partial void Failed(ILogger log, Exception failed, string requestId);
}
