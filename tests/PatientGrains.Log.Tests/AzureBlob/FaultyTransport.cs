using System.Collections.Concurrent;
using Azure.Core;
using Azure.Core.Pipeline;

namespace PatientGrains.Log.Tests;

/// <summary>What becomes of a request.</summary>
internal enum RequestFate
{
    Through,
    /// <summary>It is never sent, and gets no answer.</summary>
    Lost,
    /// <summary>It is carried out, and gets no answer.</summary>
    Unanswered,
    /// <summary>It is carried out twice, and the second answer arrives.</summary>
    Twice,
    /// <summary>It gets no answer, and is carried out some requests later, when whoever sent it has gone on.</summary>
    Late,
    /// <summary>The process is dead: nothing is sent, now or later.</summary>
    Dead,
}

/// <summary>The network between the log and the service, which fails as it is told to.</summary>
internal sealed class FaultyTransport(Func<Request, int, RequestFate> fates) : HttpPipelineTransport
{
    private const int LateBy = 3;

    private readonly HttpPipelineTransport _inner = new HttpClientTransport();
    private readonly ConcurrentQueue<(int At, HttpMessage Message)> _late = [];
    private int _count;

    public int Requests => _count;

    /// <summary>Requests wait for it before they go.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public override Request CreateRequest() => _inner.CreateRequest();

    public override void Process(HttpMessage message) => throw new NotSupportedException();

    public override async ValueTask ProcessAsync(HttpMessage message)
    {
        await Gate;
        int number = Interlocked.Increment(ref _count);
        var fate = fates(message.Request, number);
        await Deliver(number);
        switch (fate)
        {
            case RequestFate.Through:
                await _inner.ProcessAsync(message);
                return;
            case RequestFate.Twice:
                using (var copy = Copy(message))
                    await _inner.ProcessAsync(copy);
                await _inner.ProcessAsync(message);
                return;
            case RequestFate.Unanswered:
                using (var copy = Copy(message))
                    await _inner.ProcessAsync(copy);
                break;
            case RequestFate.Late:
                _late.Enqueue((number + LateBy, Copy(message)));
                break;
            default:
                break;
        }
        throw new IOException("planted");
    }

    /// <summary>Carries out what is late.</summary>
    public async Task Deliver(int until = int.MaxValue)
    {
        while (_late.TryPeek(out var late) && late.At <= until && _late.TryDequeue(out late))
        {
            using (late.Message)
                await _inner.ProcessAsync(late.Message);
        }
    }

    private HttpMessage Copy(HttpMessage message)
    {
        var request = _inner.CreateRequest();
        request.Method = message.Request.Method;
        request.Uri.Reset(message.Request.Uri.ToUri());
        foreach (var header in message.Request.Headers)
            request.Headers.SetValue(header.Name, header.Value);
        if (message.Request.Content is { } content)
        {
            using var bytes = new MemoryStream();
            content.WriteTo(bytes, default);
            request.Content = RequestContent.Create(bytes.ToArray());
        }
        return new HttpMessage(request, new ResponseClassifier()) { BufferResponse = true };
    }
}
