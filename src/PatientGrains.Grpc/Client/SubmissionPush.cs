using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Google.Protobuf.Reflection;
using PatientGrains.Grpc.V1;

namespace PatientGrains.Grpc;

/// <summary>How submissions are pushed.</summary>
public sealed record PushOptions
{
    /// <summary>Submissions that may be unanswered: enough for the round trip and the server's group commit; all of them are kept for a resend.</summary>
    public int Window { get; init; } = 1_024;

    public ResumeOptions Resume { get; init; } = new();
}

/// <summary>
/// A stream of submissions that outlives its connections. A submission counts as unanswered from before it is sent until its answer came, so
/// that whenever the stream breaks, nothing is lost; the server answers what it had taken as it did then.
/// </summary>
internal sealed class SubmissionPush(GrpcChannel channel, MethodDescriptor method, PushOptions options)
{
    /// <summary>An end with OK while more is expected: a server that stops.</summary>
    public static GrpcException Ended { get; } = new(GrpcCode.Unavailable, "The server ended the stream.");

    private readonly Channel<Submission> _waiting = Channel.CreateBounded<Submission>(
        new BoundedChannelOptions(options.Window) { SingleReader = true, SingleWriter = true });

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Submission>> _byId = new(StringComparer.Ordinal);
    private readonly LinkedList<Submission> _unanswered = new();
    private readonly SemaphoreSlim _room = new(options.Window);

    public async IAsyncEnumerable<SubmissionAnswer> Run(
        IAsyncEnumerable<Submission> submissions, [EnumeratorCancellation] CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var taking = Take(submissions, end.Token);
        var resuming = new Resuming(options.Resume, channel.Options.Clock);
        try
        {
            while (true)
            {
                GrpcException? failure = null;
                await using (var call = channel.Open<Submission, SubmissionAnswer>(method, null, end.Token))
                {
                    using var broken = CancellationTokenSource.CreateLinkedTokenSource(end.Token);
                    var sending = Send(call, broken.Token);
                    try
                    {
                        while (failure is null)
                        {
                            (var answer, failure) = await Receive(call).ConfigureAwait(false);
                            if (answer is null)
                                break;
                            resuming.Progressed();
                            // One that is not waited for is a second answer to what was sent twice.
                            if (Settle(answer.MessageId))
                                yield return answer;
                        }
                    }
                    finally
                    {
                        await broken.CancelAsync().ConfigureAwait(false);
                        await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    }
                    await sending.ConfigureAwait(false);
                }
                if (failure is null && IsDone)
                    break;
                await resuming.After(failure ?? Ended, stop).ConfigureAwait(false);
            }
            await taking.ConfigureAwait(false);
        }
        finally
        {
            await end.CancelAsync().ConfigureAwait(false);
            await taking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
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

    /// <summary>First what an earlier connection left unanswered, then what comes; several leave together.</summary>
    private async Task Send(GrpcClientCall<Submission, SubmissionAnswer> call, CancellationToken broken)
    {
        try
        {
            if (!await call.Flush().ConfigureAwait(false))
                return;
            Submission[] again;
            lock (_gate)
                again = [.. _unanswered];
            foreach (var submission in again)
            {
                if (!await call.Write(submission).ConfigureAwait(false))
                    return;
            }
            while (await _waiting.Reader.WaitToReadAsync(broken).ConfigureAwait(false))
            {
                await _room.WaitAsync(broken).ConfigureAwait(false);
                if (!AddOne(call))
                    _room.Release();
                while (_room.Wait(0, CancellationToken.None))
                {
                    if (AddOne(call))
                        continue;
                    _room.Release();
                    break;
                }
                if (!await call.Flush().ConfigureAwait(false))
                    return;
            }
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

    private bool AddOne(GrpcClientCall<Submission, SubmissionAnswer> call)
    {
        if (!_waiting.Reader.TryRead(out var submission))
            return false;
        lock (_gate)
        {
            if (!_byId.TryAdd(submission.MessageId, _unanswered.AddLast(submission)))
                throw new ArgumentException("Two unanswered submissions have the same message id.");
        }
        call.Add(submission);
        return true;
    }

    private static async ValueTask<(SubmissionAnswer? Answer, GrpcException? Failure)> Receive(
        GrpcClientCall<Submission, SubmissionAnswer> call)
    {
        try
        {
            return (await call.Next().ConfigureAwait(false), null);
        }
        catch (GrpcException e)
        {
            return (null, e);
        }
    }

    private bool Settle(string messageId)
    {
        lock (_gate)
        {
            if (!_byId.Remove(messageId, out var node))
                return false;
            _unanswered.Remove(node);
        }
        _room.Release();
        return true;
    }
}
