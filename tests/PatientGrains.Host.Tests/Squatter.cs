using System.Net;
using System.Net.Sockets;

namespace PatientGrains.Host.Tests;

/// <summary>Holds a port, so that nobody else comes to it, and hangs up on whoever calls there.</summary>
internal sealed class Squatter : IDisposable
{
    private readonly TcpListener _listener;

    /// <param name="at">Which address it listens on.</param>
    /// <param name="port">Zero for a free one.</param>
    public Squatter(IPAddress at, int port = 0)
    {
        _listener = new TcpListener(at, port);
        _listener.Start();
        _ = HangUp();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    private async Task HangUp()
    {
        try
        {
            while (true)
                (await _listener.AcceptSocketAsync()).Dispose();
        }
        catch (SocketException)
        {
            // The test is over: what was waited for was cancelled.
        }
        catch (ObjectDisposedException)
        {
            // The test is over: there is nothing to wait for any more.
        }
    }

    public void Dispose() => _listener.Dispose();
}
