using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace PatientGrains.Log.Tests;

/// <summary>What happens to the connection that carries a request.</summary>
internal enum Cut
{
    /// <summary>The request is lost, and the connection with it.</summary>
    RequestLost,
    /// <summary>The request is done, its answer is lost, and the connection with it.</summary>
    AnswerLost,
    /// <summary>The connection is lost, and the request arrives when it is let go.</summary>
    RequestLate,
}

/// <summary>Stands between a log and its server, and cuts connections: at requests that hold given bytes, or at random.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _server;
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentDictionary<TcpClient, bool> _open = [];
    private readonly TaskCompletionSource _letGo = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _accepting;
    private (byte[] Bytes, Cut Fate)? _planned;
    private int _cuts;

    public CuttingProxy(int server)
    {
        _server = server;
        _listener.Start();
        _accepting = Accept();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Cuts => _cuts;

    /// <summary>Decides by the seed after how many chunks, of requests and answers alike, a connection is cut; 0: never.</summary>
    public Func<int>? ChunksUntilCut { get; set; }

    /// <summary>Completes when the server has done with the late request.</summary>
    public Task Arrived => _arrived.Task;

    /// <summary>New connections are refused.</summary>
    public bool IsDown { get; set; }

    /// <summary>It is down from the planned cut on.</summary>
    public bool IsDownAfterCut { get; set; }

    /// <summary>The next request that holds the bytes meets a fate.</summary>
    public void Plan(byte[] bytes, Cut fate) => _planned = (bytes, fate);

    /// <summary>Lets the late request arrive at the server.</summary>
    public void LetGo() => _letGo.TrySetResult();

    private async Task Accept()
    {
        while (!_closing.IsCancellationRequested)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync(_closing.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                // One that went away before it was taken is no reason to take no others.
                continue;
            }
            if (IsDown)
                client.Dispose();
            else
                _ = Serve(client);
        }
    }

    private async Task Serve(TcpClient client)
    {
        using var server = new TcpClient { NoDelay = true };
        client.NoDelay = true;
        _open[client] = true;
        _open[server] = true;
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _server, _closing.Token);
            var between = new Between(this, client, server);
            await Task.WhenAny(between.Requests(), between.Answers());
            if (between.Late is { } late)
                await late;
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One of the two is gone: so is the other.
            server.Close();
        }
        finally
        {
            client.Dispose();
            _open.TryRemove(client, out _);
            _open.TryRemove(server, out _);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        LetGo();
        _listener.Stop();
        await _accepting;
        foreach (var client in _open.Keys)
            client.Dispose();
    }

    private sealed class Between(CuttingProxy proxy, TcpClient client, TcpClient server)
    {
        private int _left = proxy.ChunksUntilCut?.Invoke() ?? 0;
        private volatile bool _losesAnswer;

        /// <summary>A request on its way, behind the end of its connection.</summary>
        public Task? Late { get; private set; }

        public async Task Requests()
        {
            var buffer = new byte[1 << 20];
            while (await client.GetStream().ReadAsync(buffer, proxy._closing.Token) is var read and > 0)
            {
                var chunk = buffer.AsMemory(0, read);
                if (IsCut())
                    return;
                if (proxy._planned is { } planned && chunk.Span.IndexOf(planned.Bytes) >= 0)
                {
                    proxy._planned = null;
                    proxy.IsDown = proxy.IsDownAfterCut;
                    Interlocked.Increment(ref proxy._cuts);
                    if (planned.Fate == Cut.RequestLost)
                        return;
                    if (planned.Fate == Cut.RequestLate)
                    {
                        Late = Arrive(await WholeRequest(chunk.ToArray()));
                        return;
                    }
                    _losesAnswer = true;
                }
                await server.GetStream().WriteAsync(chunk, proxy._closing.Token);
            }
        }

        public async Task Answers()
        {
            var buffer = new byte[1 << 20];
            while (await server.GetStream().ReadAsync(buffer, proxy._closing.Token) is var read and > 0)
            {
                if (_losesAnswer || IsCut())
                    return;
                await client.GetStream().WriteAsync(buffer.AsMemory(0, read), proxy._closing.Token);
            }
        }

        /// <summary>A request ends with a Sync message (PostgreSQL, 55.7): 'S' and its length, 4.</summary>
        private async Task<byte[]> WholeRequest(byte[] request)
        {
            var more = new byte[1 << 16];
            while (!request.AsSpan().EndsWith("S\0\0\0\u0004"u8))
                request = [.. request, .. more.AsSpan(0, await client.GetStream().ReadAsync(more, proxy._closing.Token))];
            return request;
        }

        private bool IsCut()
        {
            if (_left == 0 || Interlocked.Decrement(ref _left) != 0)
                return false;
            Interlocked.Increment(ref proxy._cuts);
            return true;
        }

        /// <summary>Answered to nobody, but read to its end, so that the server has done it.</summary>
        private async Task Arrive(byte[] request)
        {
            _losesAnswer = true;
            client.Dispose();
            await proxy._letGo.Task;
            try
            {
                await server.GetStream().WriteAsync(request);
                server.Client.Shutdown(SocketShutdown.Send);
                var answer = new byte[4096];
                while (await server.GetStream().ReadAsync(answer) > 0)
                {
                }
            }
            finally
            {
                proxy._arrived.TrySetResult();
            }
        }
    }

}
