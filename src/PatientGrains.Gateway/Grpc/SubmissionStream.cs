using System.Threading.Channels;
using PatientGrains.Grpc;
using V1 = PatientGrains.Grpc.V1;

namespace PatientGrains.Gateway.Grpc;

/// <summary>
/// The pipeline of one SubmitStream: takes in so many submissions as may be unanswered and then stops reading, so that the client's window
/// fills; answers each when it is durable or refused. What names the same resource is done one after the other. It reads on only when what
/// it read last was let in, so that a stream whose source has had its share is slowed down, and refused nothing.
/// </summary>
/// <param name="enter">Ends when a submission is let in; what it gives is disposed when it is done. Its task may fail as that of
/// <paramref name="take"/>, or say that the call is cancelled.</param>
/// <param name="take">Does one; a <see cref="GrpcException"/> is a refusal, and nothing else is thrown.</param>
/// <param name="next">The next from the client; null when it has closed its side.</param>
/// <param name="add">Makes an answer ready to leave.</param>
/// <param name="flush">Lets those leave that are ready.</param>
/// <param name="width">How many may be unanswered.</param>
/// <param name="meter">Told of each answer that left, by when its submission had been read.</param>
internal sealed class SubmissionStream(
    Func<V1.Submission, ValueTask<IDisposable>> enter, Func<V1.Submission, Task<V1.SubmissionAnswer>> take,
    Func<ValueTask<V1.Submission?>> next, Action<V1.SubmissionAnswer> add, Func<ValueTask> flush, int width, AnswerMeter meter)
{
    /// <summary>A submission takes a place, and another for each so many bytes: large ones are fewer at a time.</summary>
    private const int BytesPerPlace = 128 << 10;

    private readonly SemaphoreSlim _places = new(width);
    private readonly Channel<Owed> _answers = Channel.CreateUnbounded<Owed>(new() { SingleReader = true });

    /// <summary>The last one of each resource that has not been answered.</summary>
    private readonly Dictionary<(string Type, string Id), Task> _last = [];

    private readonly record struct Owed(V1.SubmissionAnswer Answer, int Places, long Read);

    /// <param name="mayGoOn">Throws when nothing more is to be taken in; what was is answered first.</param>
    /// <param name="stopping">The server stops: then nothing more is taken in either.</param>
    public async Task Run(Action mayGoOn, CancellationToken stopping)
    {
        await flush();
        var writing = WriteAnswers();
        try
        {
            await TakeIn(mayGoOn, stopping);
        }
        finally
        {
            // All places are free when everything that was taken in has its answer in the channel.
            for (int i = 0; i < width; i++)
                await _places.WaitAsync();
            _answers.Writer.Complete();
            await writing;
        }
    }

    private async Task TakeIn(Action mayGoOn, CancellationToken stopping)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var onStop = stopping.Register(stopped.SetResult);
        while (true)
        {
            await _places.WaitAsync();
            bool isTaken = false;
            try
            {
                mayGoOn();
                var coming = next();
                if (!coming.IsCompleted)
                {
                    var waited = coming.AsTask();
                    coming = new(waited);
                    await Task.WhenAny(waited, stopped.Task);
                    mayGoOn();
                }
                if (await coming is not { } submission)
                    return;
                int more = Math.Min(width - 1, submission.Body.Length / BytesPerPlace);
                for (int i = 0; i < more; i++)
                    await _places.WaitAsync();
                isTaken = true;
                // A refusal is told by its answer; here it only means that the next may be read.
                await Begin(submission, 1 + more).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            finally
            {
                if (!isTaken)
                    _places.Release();
            }
        }
    }

    /// <summary>Ends when the next may be read.</summary>
    private Task Begin(V1.Submission submission, int places)
    {
        long read = meter.Now();
        if (submission.Id.Length == 0)
            return Enter(submission, places, read, out _);
        var key = (submission.Type, submission.Id);
        var entered = Task.CompletedTask;
        // What waits for the one before takes no room yet, and others need not wait for it.
        if (_last.GetValueOrDefault(key) is { IsCompleted: false } before)
            _last[key] = AnswerAfter(before, submission, places, read);
        else
        {
            entered = Enter(submission, places, read, out var answered);
            _last[key] = answered;
        }
        // What is done needs no place; the dictionary is no longer than what may be open, twice over.
        if (_last.Count > 2 * width)
        {
            foreach (var (done, _) in _last.Where(last => last.Value.IsCompleted).ToList())
                _last.Remove(done);
        }
        return entered;
    }

    /// <summary>Ends when it was let in, or was not. Mostly at once, and then there is no task for it.</summary>
    private Task Enter(V1.Submission submission, int places, long read, out Task answered)
    {
        var entering = enter(submission);
        var entered = Task.CompletedTask;
        if (!entering.IsCompleted)
        {
            var waits = entering.AsTask();
            (entering, entered) = (new(waits), waits);
        }
        answered = Answer(submission, places, read, entering);
        return entered;
    }

    private async Task AnswerAfter(Task before, V1.Submission submission, int places, long read)
    {
        await before;
        await Answer(submission, places, read, enter(submission));
    }

    private async Task Answer(V1.Submission submission, int places, long read, ValueTask<IDisposable> entering)
    {
        V1.SubmissionAnswer answer;
        try
        {
            using var place = await entering;
            answer = await take(submission);
        }
        catch (GrpcException refused)
        {
            answer = new V1.SubmissionAnswer { MessageId = submission.MessageId, Refusal = refused.ToStatus() };
        }
        catch (OperationCanceledException)
        {
            // It was not let in, and nobody is there to be answered; should somebody hear it all the same, it is no acknowledgement.
            var ended = new GrpcException(GrpcCode.Cancelled, "The call ended before the submission was let in.");
            answer = new V1.SubmissionAnswer { MessageId = submission.MessageId, Refusal = ended.ToStatus() };
        }
        await _answers.Writer.WriteAsync(new Owed(answer, places, read));
    }

    /// <summary>
    /// Answers that are there together leave together. A place is free when its answer has left: nobody is owed without bound.
    /// </summary>
    private async Task WriteAnswers()
    {
        bool isGone = false;
        var left = new List<long>();
        while (await _answers.Reader.WaitToReadAsync())
        {
            int places = 0;
            try
            {
                while (_answers.Reader.TryRead(out var owed))
                {
                    places += owed.Places;
                    left.Add(owed.Read);
                    if (!isGone)
                        add(owed.Answer);
                }
                if (!isGone)
                {
                    await flush();
                    meter.Left(left);
                }
            }
            catch (Exception failure) when (failure is OperationCanceledException or GrpcException or IOException)
            {
                // Nobody is there to be answered. What was taken in is still done to its end; the same message id finds its answer.
                isGone = true;
            }
            left.Clear();
            _places.Release(places);
        }
    }
}
