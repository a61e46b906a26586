using System.Globalization;
using System.Text;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using PatientGrains.Gateway.Auth;
using PatientGrains.Gateway.Fhir;
using PatientGrains.Gateway.Grpc;

namespace PatientGrains.Gateway.Feeds;

/// <summary>
/// <c>GET /feeds/{alerts|quality|security}</c> as server-sent events (WHATWG HTML 9.2). <c>id</c> is the cursor, which the client sends
/// back as <c>Last-Event-ID</c>; <c>event</c> is the kind of line; <c>data</c> is the message of the gRPC contract (<c>AlertLine</c>,
/// <c>QualityLine</c>, <c>SecurityLine</c>, <c>UnreadableLine</c>) in protobuf's JSON mapping. Heartbeats are comments that move the id.
/// Parameters: <c>patient</c>, <c>unit</c>, <c>rule</c> (each may come often), <c>severity</c> (the least), <c>cursor</c>,
/// <c>start=beginning</c>.
/// </summary>
internal sealed class FeedEvents(Login login, FeedHub hub, ResponseWriter responses)
{
    public const string BasePath = "/feeds/";

    private static readonly JsonFormatter Json = new(JsonFormatter.Settings.Default);

    public async Task Handle(HttpContext http)
    {
        string requestId = FhirFront.RequestIdOf(http);
        string name = (string?)http.Request.RouteValues["feed"] ?? "";
        var (session, denied) = await login.Requester(http, requestId, () => $"GET feeds/{Parameters.Shown(name)}");
        var (subscription, problem) = denied is null ? await Open(http, session!, requestId, name) : (null, denied);
        if (subscription is null)
        {
            await responses.Write(http, problem!, requestId);
            return;
        }
        using (subscription)
        {
            http.Response.Headers["X-Request-Id"] = requestId;
            await Send(http, subscription, session!.Until);
        }
    }

    private async Task<(FeedSubscription?, Answer?)> Open(HttpContext http, Session session, string requestId, string name)
    {
        Feed? feed = name switch { "alerts" => Feed.Alerts, "quality" => Feed.Quality, "security" => Feed.Security, _ => null };
        if (feed is null)
            return (null, Answer.Problem(404, "not-found", "The feeds are alerts, quality and security."));
        var query = Parameters.Parse(http.Request.QueryString.Value ?? "");
        string[] unknown = [.. query.Besides("patient", "unit", "rule", "severity", "cursor", "start").Select(Parameters.Shown)];
        if (unknown.Length > 0)
            return (null, Answer.Problem(400, "not-supported", $"A feed does not know the parameters: {string.Join(", ", unknown)}."));
        if (query.First("start") is not (null or "now" or "beginning"))
            return (null, Answer.Problem(400, "value", "The value of 'start' must be now or beginning."));
        if (!TrySeverity(query.First("severity"), out var severity))
            return (null, Answer.Problem(400, "value", "The value of 'severity' must be notice, warning, urgent or critical."));
        string lastId = http.Request.Headers["Last-Event-ID"].ToString();
        var (subscription, refusal) = await hub.Open(new FeedAsk
        {
            Feed = feed.Value,
            Who = session.Who,
            RequestId = requestId,
            Until = session.Until,
            Cursor = lastId.Length > 0 ? lastId : query.First("cursor"),
            FromBeginning = query.First("start") == "beginning",
            Filter = new FeedFilter
            {
                Patients = [.. All(query, "patient")],
                Units = [.. All(query, "unit")],
                Rules = [.. All(query, "rule")],
                MinSeverity = severity,
            },
        });
        return (subscription, refusal is null ? null : AnswerOf(refusal));
    }

    private static Answer AnswerOf(FeedRefusal refusal)
    {
        if (refusal.Problem is not { } problem)
            return Answer.Of(new Refused(refusal.Rule!.Value));
        int status = FeedWords.StatusOf(problem);
        return Answer.Problem(status, status == 429 ? "throttled" : "value", FeedWords.Of(problem)) with
        {
            RetryAfterSeconds = status == 429 ? 5 : null,
        };
    }

    private async Task Send(HttpContext http, FeedSubscription subscription, DateTimeOffset until)
    {
        // A client that takes nothing is cut when its token expires, at the latest.
        var left = until - hub.Time.GetUtcNow();
        using var expiry = new CancellationTokenSource(left < TimeSpan.FromDays(40) ? left : TimeSpan.FromDays(40), hub.Time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, expiry.Token);
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        // Proxies that gather responses would hold alerts back.
        http.Response.Headers["X-Accel-Buffering"] = "no";
        var text = new StringBuilder("retry: 1000\n\n");
        FeedEnd? ended = null;
        try
        {
            while (ended is null)
            {
                var news = await subscription.Next(http.RequestAborted);
                foreach (var entry in news.Entries)
                    Write(text, subscription.Feed, entry);
                if (news.IsHeartbeat)
                    text.Append(CultureInfo.InvariantCulture, $": position {news.Position} head {news.Head}\nid: {news.Cursor}\n\n");
                ended = news.End;
                if (ended is { } why)
                    text.Append(why == FeedEnd.TokenExpired ? ": the token has expired\n\n" : ": the server stops\n\n");
                await http.Response.WriteAsync(text.ToString(), end.Token);
                await http.Response.Body.FlushAsync(end.Token);
                text.Clear();
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // Whoever is still there comes back with the last id.
            http.Abort();
        }
    }

    private static void Write(StringBuilder text, Feed feed, FeedEntry entry)
    {
        (string kind, IMessage line) = feed switch
        {
            Feed.Alerts => KindOf(entry.Written(AlertMessages.Line)),
            _ when entry.Happened is null => ("unreadable", entry.Written(RecordMessages.Unreadable)),
            Feed.Quality => ("quality", entry.Written(RecordMessages.Quality)),
            _ => ("security", (IMessage)entry.Written(RecordMessages.Security)),
        };
        text.Append(CultureInfo.InvariantCulture, $"id: {entry.Cursor}\nevent: {kind}\ndata: {Json.Format(line)}\n\n");
    }

    private static (string, IMessage) KindOf(PatientGrains.Grpc.V1.AlertLine line) => (line.EventCase.ToString().ToLowerInvariant(), line);

    private static IEnumerable<string> All(Parameters query, string name) =>
        query.All.Where(parameter => parameter.Name == name).Select(parameter => parameter.Value);

    private static bool TrySeverity(string? text, out Severity? severity)
    {
        severity = text switch
        {
            "notice" => Severity.Notice,
            "warning" => Severity.Warning,
            "urgent" => Severity.Urgent,
            "critical" => Severity.Critical,
            _ => null,
        };
        return severity is not null || text is null;
    }
}
