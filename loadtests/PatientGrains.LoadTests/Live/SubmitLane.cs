using System.Collections.Concurrent;
using System.Threading.Channels;
using Google.Protobuf.Reflection;
using PatientGrains.Grpc;
using PatientGrains.Grpc.V1;

namespace PatientGrains.LoadTests.Live;

/// <summary>
/// A submit stream on a connection of its own: what is sent leaves in order, together with whatever else waits, and each is answered by its
/// message id.
/// </summary>
internal sealed class SubmitLane : IAsyncDisposable
{
    public static readonly MethodDescriptor Method = RecordsReflection.Descriptor.Services[0].FindMethodByName("SubmitStream");

    private readonly GrpcChannel _channel;
    private readonly GrpcClientCall<Submission, SubmissionAnswer> _call;
    private readonly Channel<Submission> _queue = Channel.CreateUnbounded<Submission>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentDictionary<string, TaskCompletionSource<SubmissionAnswer>> _waiting = new();
    private volatile Exception? _broken;
    private readonly Task _writing;
    private readonly Task _reading;

    public SubmitLane(Uri address, GrpcMetadata login)
    {
        _channel = new GrpcChannel(address, new GrpcChannelOptions { Metadata = () => login });
        _call = _channel.Open<Submission, SubmissionAnswer>(Method);
        _writing = Task.Run(Write);
        _reading = Task.Run(Read);
    }

    /// <summary>Taken and durable when it ends; sent in the order of the calls.</summary>
    /// <exception cref="InvalidDataException">It was refused.</exception>
    public async Task<SubmissionAnswer> Send(Submission submission)
    {
        var answered = new TaskCompletionSource<SubmissionAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[submission.MessageId] = answered;
        if (_broken is { } why)
            throw why;
        _queue.Writer.TryWrite(submission);
        var answer = await answered.Task;
        return answer.Refusal is null ? answer : throw new InvalidDataException($"refused: {answer.Refusal.Message}");
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writing;
        _call.CloseRequests();
        await _reading;
        await _call.DisposeAsync();
        _channel.Dispose();
    }

    private async Task Write()
    {
        bool open = await _call.Flush();
        while (open && await _queue.Reader.WaitToReadAsync())
        {
            while (_queue.Reader.TryRead(out var submission))
                _call.Add(submission);
            open = await _call.Flush();
        }
    }

    private async Task Read()
    {
        try
        {
            while (await _call.Next() is { } answer)
            {
                if (_waiting.TryRemove(answer.MessageId, out var waiting))
                    waiting.SetResult(answer);
            }
        }
        catch (GrpcException broken)
        {
            // Before those that wait are told: whoever comes later sees it.
            _broken = broken;
            foreach (var waiting in _waiting.Values)
                waiting.TrySetException(broken);
        }
    }
}
