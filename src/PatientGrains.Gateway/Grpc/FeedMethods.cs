using Google.Protobuf;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using PatientGrains.Gateway.Feeds;
using PatientGrains.Grpc;
using V1 = PatientGrains.Grpc.V1;

namespace PatientGrains.Gateway.Grpc;

/// <summary>Subscriptions as server streams.</summary>
internal sealed class FeedMethods(GrpcLogin logins, FeedHub hub)
{
    public IEnumerable<GrpcMethod> All()
    {
        var alerts = V1.AlertsReflection.Descriptor.FindTypeByName<Google.Protobuf.Reflection.ServiceDescriptor>("AlertService");
        var feeds = V1.FeedsReflection.Descriptor.FindTypeByName<Google.Protobuf.Reflection.ServiceDescriptor>("FeedService");
        yield return GrpcMethod.ServerStreaming<V1.SubscribeAlertsRequest, V1.SubscribeAlertsResponse>(
            alerts.FindMethodByName("SubscribeAlerts"), SubscribeAlerts);
        yield return GrpcMethod.ServerStreaming<V1.SubscribeFeedRequest, V1.SubscribeFeedResponse>(
            feeds.FindMethodByName("SubscribeFeed"), SubscribeFeed);
    }

    private async Task SubscribeAlerts(V1.SubscribeAlertsRequest request, GrpcResponses<V1.SubscribeAlertsResponse> to, GrpcCall call)
    {
        var ask = await Ask(call, Feed.Alerts, request.HasCursor ? request.Cursor : null, request.Start) with
        {
            Filter = new FeedFilter
            {
                Patients = [.. request.PatientIds],
                Units = [.. request.Units],
                Rules = [.. request.Rules],
                MinSeverity = SeverityOf(request.MinSeverity),
            },
        };
        await Serve(ask, to, call,
            static entry => new() { Cursor = entry.Cursor, Line = entry.Written(AlertMessages.Line) },
            news => new() { Cursor = news.Cursor, Heartbeat = Heartbeat(news) });
    }

    private async Task SubscribeFeed(V1.SubscribeFeedRequest request, GrpcResponses<V1.SubscribeFeedResponse> to, GrpcCall call)
    {
        var feed = request.Feed switch
        {
            V1.Feed.Quality => Feed.Quality,
            V1.Feed.Security => Feed.Security,
            _ => throw StatusTable.BadField("feed", "The feed must be FEED_QUALITY or FEED_SECURITY."),
        };
        var ask = await Ask(call, feed, request.HasCursor ? request.Cursor : null, request.Start) with
        {
            Filter = new FeedFilter { Patients = [.. request.PatientIds] },
        };
        await Serve(ask, to, call,
            entry => ResponseOf(feed, entry),
            news => new() { Cursor = news.Cursor, Heartbeat = Heartbeat(news) });
    }

    private static V1.SubscribeFeedResponse ResponseOf(Feed feed, FeedEntry entry)
    {
        var response = new V1.SubscribeFeedResponse { Cursor = entry.Cursor, Number = entry.Number };
        if (entry.Happened is null)
            response.Unreadable = entry.Written(RecordMessages.Unreadable);
        else if (feed == Feed.Quality)
            response.Quality = entry.Written(RecordMessages.Quality);
        else
            response.Security = entry.Written(RecordMessages.Security);
        return response;
    }

    private async Task<FeedAsk> Ask(GrpcCall call, Feed feed, string? cursor, V1.FeedStart start)
    {
        var caller = await logins.Open(call);
        return new FeedAsk
        {
            Feed = feed,
            Who = caller.Who,
            RequestId = caller.RequestId,
            Until = caller.Until,
            Cursor = cursor,
            FromBeginning = start == V1.FeedStart.Beginning,
        };
    }

    private async Task Serve<T>(FeedAsk ask, GrpcResponses<T> to, GrpcCall call, Func<FeedEntry, T> line, Func<FeedNews, T> heartbeat)
        where T : class, IMessage<T>
    {
        Func<FeedEntry, GrpcWritten<T>> written = entry => new GrpcWritten<T>(line(entry));
        var (subscription, refusal) = await hub.Open(ask);
        if (refusal is not null)
            throw StatusTable.Of(refusal);
        using (subscription)
        {
            while (true)
            {
                var news = await subscription!.Next(call.Token);
                if (news.End is { } end)
                    throw StatusTable.Of(end);
                foreach (var entry in news.Entries)
                    to.Add(entry.Sent(written));
                if (news.IsHeartbeat)
                    to.Add(heartbeat(news));
                await to.Flush();
            }
        }
    }

    private static V1.Heartbeat Heartbeat(FeedNews news) =>
        new() { Position = news.Position, Head = news.Head, Lag = news.Head - news.Position };

    private static Severity? SeverityOf(V1.Severity severity) => severity switch
    {
        V1.Severity.Unspecified => null,
        >= V1.Severity.Notice and <= V1.Severity.Critical => (Severity)severity,
        _ => throw StatusTable.BadField("min_severity", "The severity is not known."),
    };
}
