using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Google.Protobuf.Reflection;
using PatientGrains.Grpc.V1;

namespace PatientGrains.Grpc;

/// <summary>How submissions are pushed.</summary>
public sealed record PushOptions
{
    /// <summary>
    /// Submissions that may be unanswered: enough for the round trip and the server's group commit; all of them are kept for a resend.
    /// </summary>
    public int Window { get; init; } = 1_024;

    public ResumeOptions Resume { get; init; } = new();

    /// <summary>How what the server had no room for is sent again.</summary>
    public BusyOptions Busy { get; init; } = new();
}

/// <summary>
/// A stream of submissions that outlives its connections. A submission counts as unanswered from before it is sent until its answer came,
/// so
/// that whenever the stream breaks, nothing is lost; the server answers what it had taken as it did then. When the server has no room for
/// one, nothing more is sent; what is under way is answered, and after a while a stream begins again with what was not taken, in its order.
/// </summary>
internal sealed class SubmissionPush(GrpcChannel channel, MethodDescriptor method, PushOptions options)
{
    private readonly Channel<Submission> _waiting = Channel.CreateBounded<Submission>(
        new BoundedChannelOptions(options.Window) { SingleReader = true, SingleWriter = true });

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Submission>> _byId = new(StringComparer.Ordinal);
    private readonly LinkedList<Submission> _unanswered = new();
    private readonly SemaphoreSlim _room = new(options.Window);
    private readonly Dictionary<string, int> _refused = new(StringComparer.Ordinal);
    private TimeSpan? _pause;

    public async IAsyncEnumerable<SubmissionAnswer> Run(
        IAsyncEnumerable<Submission> submissions, [EnumeratorCancellation] CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var taking = Take(submissions, end.Token);
        var resuming = new Resuming(options.Resume, channel.Options.Clock);
        int pauses = 0;
        try
        {
            while (!IsDone)
            {
                GrpcException? failure = null;
                _pause = null;
                await foreach (var answer in Connected(e => failure = e, end.Token).ConfigureAwait(false))
                {
                    resuming.Progressed();
                    // One that is not waited for is a second answer to what was sent twice.
                    if (!ComesAgain(answer) && Settle(answer.MessageId))
                        yield return answer;
                }
                pauses = _pause is null ? 0 : pauses + 1;
                if (failure is null && _pause is { } told)
                    await options.Busy.Wait(pauses, told, channel.Options.Clock, stop).ConfigureAwait(false);
                else if (failure is not null || !IsDone)
                    await resuming.After(failure ?? Resuming.Ended, stop).ConfigureAwait(false);
            }
            await taking.ConfigureAwait(false);
        }
        finally
        {
            await end.CancelAsync().ConfigureAwait(false);
            await taking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The answers of one connection, as long as it lasts.</summary>
    private async IAsyncEnumerable<SubmissionAnswer> Connected(
        Action<GrpcException?> ended, [EnumeratorCancellation] CancellationToken stop)
    {
        await using var call = channel.Open<Submission, SubmissionAnswer>(method, null, stop);
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var pause = CancellationTokenSource.CreateLinkedTokenSource(broken.Token);
        var sending = Send(call, pause.Token, broken.Token);
        try
        {
            while (true)
            {
                var (answer, failure) = await call.NextOrFailure().ConfigureAwait(false);
                ended(failure);
                if (answer is null)
                    break;
                yield return answer;
                if (_pause is not null)
                    await pause.CancelAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            await broken.CancelAsync().ConfigureAwait(false);
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        // What a caller did wrong is its to hear.
        await sending.ConfigureAwait(false);
    }

    private bool IsDone
    {
        get
        {
            lock (_gate)
                return _unanswered.Count == 0 && _waiting.Reader.Completion.IsCompleted;
        }
    }

    private async Task Take(IAsyncEnumerable<Submission> submissions, CancellationToken stop)
    {
        try
        {
            await foreach (var submission in submissions.WithCancellation(stop).ConfigureAwait(false))
                await _waiting.Writer.WriteAsync(submission, stop).ConfigureAwait(false);
        }
        finally
        {
            // What failed here is thrown when all that came before is answered.
            _waiting.Writer.TryComplete();
        }
    }

    private async Task Send(GrpcClientCall<Submission, SubmissionAnswer> call, CancellationToken pause, CancellationToken broken)
    {
        try
        {
            if (await SendAll(call, pause).ConfigureAwait(false))
                call.CloseRequests();
        }
        catch (OperationCanceledException) when (pause.IsCancellationRequested && !broken.IsCancellationRequested)
        {
            // The server answers what it has, and ends the stream.
            call.CloseRequests();
        }
        catch (OperationCanceledException) when (broken.IsCancellationRequested)
        {
            // The reader has seen the break; the next connection sends again.
        }
        catch (ArgumentException)
        {
            await call.Abort().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>First what an earlier connection left unanswered, then what comes; several leave together. False when it broke.</summary>
    private async Task<bool> SendAll(GrpcClientCall<Submission, SubmissionAnswer> call, CancellationToken pause)
    {
        bool flows = await call.Flush().ConfigureAwait(false);
        Submission[] again;
        lock (_gate)
            again = [.. _unanswered];
        for (int i = 0; flows && i < again.Length && !pause.IsCancellationRequested; i++)
            flows = await call.Write(again[i]).ConfigureAwait(false);
        while (flows && await _waiting.Reader.WaitToReadAsync(pause).ConfigureAwait(false))
        {
            await _room.WaitAsync(pause).ConfigureAwait(false);
            while (AddOne(call) && _room.Wait(0, CancellationToken.None)) { }
            flows = await call.Flush().ConfigureAwait(false);
        }
        return flows;
    }

    /// <summary>Uses a place in the window, or gives it back when nothing waits.</summary>
    private bool AddOne(GrpcClientCall<Submission, SubmissionAnswer> call)
    {
        if (!_waiting.Reader.TryRead(out var submission))
        {
            _room.Release();
            return false;
        }
        lock (_gate)
        {
            if (!_byId.TryAdd(submission.MessageId, _unanswered.AddLast(submission)))
                throw new ArgumentException("Two unanswered submissions have the same message id.");
        }
        call.Add(submission);
        return true;
    }

    /// <summary>
    /// Whether an answer is that there was no room, and the submission may be sent again: it stays unanswered then. Not where a later one
    /// about the same resource is on its way already: coming after it, it would undo it.
    /// </summary>
    private bool ComesAgain(SubmissionAnswer answer)
    {
        if (BusyOptions.ToldBy(answer.Refusal) is not { } told)
            return false;
        lock (_gate)
        {
            if (!_byId.TryGetValue(answer.MessageId, out var node))
                return false;
            int times = _refused[answer.MessageId] = _refused.GetValueOrDefault(answer.MessageId) + 1;
            var sent = node.Value;
            for (var later = node.Next; sent.Id.Length > 0 && later is not null; later = later.Next)
            {
                if (later.Value.Id == sent.Id && later.Value.Type == sent.Type)
                    return false;
            }
            if (times > options.Busy.MaxTimes)
                return false;
        }
        _pause = told;
        return true;
    }

    private bool Settle(string messageId)
    {
        lock (_gate)
        {
            _refused.Remove(messageId);
            if (!_byId.Remove(messageId, out var node))
                return false;
            _unanswered.Remove(node);
        }
        _room.Release();
        return true;
    }
}
