using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace PatientGrains.TestServers;

/// <summary>
/// A port of 127.0.0.1 that a server of ours will listen on, and that nobody else is given meanwhile: neither before the server is up nor
/// while it is down. On Linux a socket that is bound and does not listen keeps the port from being drawn for others, and lets a listener
/// with SO_REUSEADDR in, which servers set (socket(7)). Elsewhere the port is only known to have been free.
/// </summary>
internal sealed class HeldPort : IDisposable
{
    private readonly Socket _holding = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public HeldPort()
    {
        if (OperatingSystem.IsLinux())
            _holding.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _holding.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Number = ((IPEndPoint)_holding.LocalEndPoint!).Port;
        if (!OperatingSystem.IsLinux())
            _holding.Dispose();
    }

    public int Number { get; }

    public override string ToString() => Number.ToString(CultureInfo.InvariantCulture);

    public void Dispose() => _holding.Dispose();
}
