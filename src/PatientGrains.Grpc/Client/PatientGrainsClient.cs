using System.Runtime.CompilerServices;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using PatientGrains.Grpc.V1;

namespace PatientGrains.Grpc;

/// <summary>
/// The methods of patientgrains.v1; what each means stands in the .proto files. All throw <see cref="GrpcException"/> for a status
/// other than OK. Tokens come from <see cref="GrpcChannelOptions.Metadata"/>.
/// </summary>
/// <param name="channel">To the server.</param>
/// <param name="busy">How <see cref="Submit"/> comes back when the server has no room; null: it is told at once, as a refusal.</param>
public sealed class PatientGrainsClient(GrpcChannel channel, BusyOptions? busy = null)
{
    private static readonly ServiceDescriptor Records = RecordsReflection.Descriptor.Services[0];
    private static readonly ServiceDescriptor Alerts = AlertsReflection.Descriptor.Services[0];
    private static readonly ServiceDescriptor Feeds = FeedsReflection.Descriptor.Services[0];

    public async Task<SubmissionAnswer> Submit(
        Submission submission, GrpcCallOptions? options = null, CancellationToken stop = default)
    {
        for (int times = 1; ; times++)
        {
            TimeSpan told;
            try
            {
                return await Unary<Submission, SubmissionAnswer>(Records, submission, options, stop).ConfigureAwait(false);
            }
            catch (GrpcException refused) when (times <= busy?.MaxTimes && BusyOptions.ToldBy(refused) is { } delay)
            {
                told = delay;
            }
            await busy.Wait(times, told, channel.Options.Clock, stop).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Sends submissions on a stream, at most <see cref="PushOptions.Window"/> unanswered, and reconnects when it breaks: what was not
    /// answered is sent again, in its order. Each submission is answered once, in whatever order they become durable.
    /// </summary>
    /// <param name="submissions">Each with a message id that no unanswered one has; taken as the window allows.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="stop">Ends it; what is unanswered then may have taken effect.</param>
    /// <exception cref="GrpcException">The stream cannot go on.</exception>
    /// <exception cref="ArgumentException">Two unanswered submissions have the same message id.</exception>
    public IAsyncEnumerable<SubmissionAnswer> SubmitStream(
        IAsyncEnumerable<Submission> submissions, PushOptions? options = null, CancellationToken stop = default) =>
        new SubmissionPush(channel, Records.FindMethodByName(nameof(SubmitStream)), options ?? new()).Run(submissions, stop);

    public Task<ResourceVersion> Read(ReadRequest request, GrpcCallOptions? options = null, CancellationToken stop = default) =>
        Unary<ReadRequest, ResourceVersion>(Records, request, options, stop);

    public IAsyncEnumerable<ResourceVersion> History(
        HistoryRequest request, GrpcCallOptions? options = null, CancellationToken stop = default) =>
        Stream<HistoryRequest, ResourceVersion>(Records, request, options, stop);

    public IAsyncEnumerable<ResourceVersion> Everything(
        EverythingRequest request, GrpcCallOptions? options = null, CancellationToken stop = default) =>
        Stream<EverythingRequest, ResourceVersion>(Records, request, options, stop);

    public IAsyncEnumerable<ResourceVersion> Search(
        SearchRequest request, GrpcCallOptions? options = null, CancellationToken stop = default) =>
        Stream<SearchRequest, ResourceVersion>(Records, request, options, stop);

    public IAsyncEnumerable<AccessEntry> AccessLog(
        AccessLogRequest request, GrpcCallOptions? options = null, CancellationToken stop = default) =>
        Stream<AccessLogRequest, AccessEntry>(Records, request, options, stop);

    /// <summary>
    /// Alerts and heartbeats as they come. With <paramref name="resume"/> it goes on from the last message after a break; lines that come
    /// again are left out, because the feed's numbers tell them.
    /// </summary>
    public IAsyncEnumerable<SubscribeAlertsResponse> SubscribeAlerts(
        SubscribeAlertsRequest request, ResumeOptions? resume = null, CancellationToken stop = default) =>
        Subscribe<SubscribeAlertsRequest, SubscribeAlertsResponse>(
            Alerts, request, (next, cursor) => next.Cursor = cursor, response => (response.Cursor, response.Line?.Number ?? 0),
            resume, stop);

    /// <summary>Lines of the quality or security feed; as <see cref="SubscribeAlerts"/>.</summary>
    public IAsyncEnumerable<SubscribeFeedResponse> SubscribeFeed(
        SubscribeFeedRequest request, ResumeOptions? resume = null, CancellationToken stop = default) =>
        Subscribe<SubscribeFeedRequest, SubscribeFeedResponse>(
            Feeds, request, (next, cursor) => next.Cursor = cursor, response => (response.Cursor, response.Number), resume, stop);

    public Task<AlertState> AcknowledgeAlert(
        AcknowledgeAlertRequest request, GrpcCallOptions? options = null, CancellationToken stop = default) =>
        Unary<AcknowledgeAlertRequest, AlertState>(Alerts, request, options, stop);

    public Task<AlertState> SnoozeAlert(SnoozeAlertRequest request, GrpcCallOptions? options = null, CancellationToken stop = default) =>
        Unary<SnoozeAlertRequest, AlertState>(Alerts, request, options, stop);

    public Task<AlertState> OverrideAlert(
        OverrideAlertRequest request, GrpcCallOptions? options = null, CancellationToken stop = default) =>
        Unary<OverrideAlertRequest, AlertState>(Alerts, request, options, stop);

    public Task<ListAlertsResponse> ListAlerts(
        ListAlertsRequest request, GrpcCallOptions? options = null, CancellationToken stop = default) =>
        Unary<ListAlertsRequest, ListAlertsResponse>(Alerts, request, options, stop);

    private Task<TResponse> Unary<TRequest, TResponse>(
        ServiceDescriptor service, TRequest request, GrpcCallOptions? options, CancellationToken stop,
        [CallerMemberName] string method = "")
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        channel.Unary<TRequest, TResponse>(service.FindMethodByName(method), request, options, stop);

    private IAsyncEnumerable<TResponse> Stream<TRequest, TResponse>(
        ServiceDescriptor service, TRequest request, GrpcCallOptions? options, CancellationToken stop,
        [CallerMemberName] string method = "")
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        channel.ServerStream<TRequest, TResponse>(service.FindMethodByName(method), request, options, stop);

    private IAsyncEnumerable<TResponse> Subscribe<TRequest, TResponse>(
        ServiceDescriptor service, TRequest request, Action<TRequest, string> goOnFrom, Func<TResponse, (string Cursor, long Number)> place,
        ResumeOptions? resume, CancellationToken stop, [CallerMemberName] string method = "")
        where TRequest : class, IMessage<TRequest>, IDeepCloneable<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        resume is null
            ? Stream<TRequest, TResponse>(service, request, null, stop, method)
            : Resumed(service.FindMethodByName(method), request.Clone(), goOnFrom, place, resume, stop);

    private async IAsyncEnumerable<TResponse> Resumed<TRequest, TResponse>(
        MethodDescriptor method, TRequest request, Action<TRequest, string> goOnFrom, Func<TResponse, (string Cursor, long Number)> place,
        ResumeOptions options, [EnumeratorCancellation] CancellationToken stop)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var resuming = new Resuming(options, channel.Options.Clock);
        long last = 0;
        while (true)
        {
            GrpcException? failure;
            await using (var call = channel.Open<TRequest, TResponse>(method, null, stop))
            {
                await call.WriteLast(request).ConfigureAwait(false);
                while (true)
                {
                    (var response, failure) = await call.NextOrFailure().ConfigureAwait(false);
                    if (response is null)
                        break;
                    resuming.Progressed();
                    var (cursor, number) = place(response);
                    if (number > last || number == 0)
                        yield return response;
                    last = Math.Max(last, number);
                    // Only now is it worked on: whoever leaves in between resumes before it.
                    goOnFrom(request, cursor);
                }
            }
            await resuming.After(failure ?? Resuming.Ended, stop).ConfigureAwait(false);
        }
    }
}
