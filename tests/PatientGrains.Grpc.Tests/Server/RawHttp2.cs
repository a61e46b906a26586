using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace PatientGrains.Grpc.Tests.Server;

/// <summary>A client that speaks HTTP/2 frames (RFC 9113) and keeps to none of its manners.</summary>
internal sealed class RawHttp2 : IAsyncDisposable
{
    public const byte Data = 0x0;
    public const byte Headers = 0x1;
    public const byte Reset = 0x3;
    public const byte Settings = 0x4;
    public const byte GoAway = 0x7;
    public const byte WindowUpdate = 0x8;
    public const byte EndStream = 0x1;
    private const byte EndHeaders = 0x4;

    private readonly TcpClient _tcp = new();
    private readonly NetworkStream _net;
    private readonly BufferedStream _stream;

    private RawHttp2(Uri address)
    {
        _tcp.Connect(address.Host, address.Port);
        _net = _tcp.GetStream();
        _stream = new BufferedStream(_net, 64 << 10);
    }

    /// <summary>Connects, and sends the preface and the settings.</summary>
    public static async Task<RawHttp2> Connect(Uri address, uint initialWindow = 65_535)
    {
        var client = new RawHttp2(address);
        await client._stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        byte[] window = [0, 4, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32BigEndian(window.AsSpan(2), initialWindow);
        client.Write(Settings, 0, 0, window);
        await client.Flush();
        return client;
    }

    /// <summary>Headers of a gRPC call, each a literal that is not indexed and not Huffman-coded (RFC 7541 6.2.2).</summary>
    public void Open(int stream, string path, params (string Name, string Value)[] more)
    {
        var block = new List<byte>();
        (string, string)[] headers =
        [
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost"), ("content-type", "application/grpc"),
            ("te", "trailers"), .. more,
        ];
        foreach (var (name, value) in headers)
        {
            block.Add(0);
            foreach (string text in (string[])[name, value])
            {
                Assert.InRange(text.Length, 0, 126);
                block.Add((byte)text.Length);
                block.AddRange(Encoding.ASCII.GetBytes(text));
            }
        }
        Write(Headers, EndHeaders, stream, [.. block]);
    }

    public void Write(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        Span<byte> head = stackalloc byte[9];
        BinaryPrimitives.WriteUInt32BigEndian(head, (uint)payload.Length << 8);
        head[3] = type;
        head[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(head[5..], stream);
        _stream.Write(head);
        _stream.Write(payload);
    }

    public Task Flush() => _stream.FlushAsync();

    /// <summary>The next frame; null when the server has closed the connection.</summary>
    public async Task<Http2Frame?> Read()
    {
        byte[] head = new byte[9];
        try
        {
            await _net.ReadExactlyAsync(head);
            byte[] payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
            await _net.ReadExactlyAsync(payload);
            return new Http2Frame(head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)) & int.MaxValue, payload);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Reads on to the first frame of a type on a stream.</summary>
    public async Task<Http2Frame> ReadTo(byte type, int stream)
    {
        while (true)
        {
            var frame = await Read().WaitAsync(Echo.EchoServer.Patience);
            if (frame is null)
                Assert.Fail("The connection was closed.");
            if (frame.Type == type && frame.Stream == stream)
                return frame;
        }
    }

    public ValueTask DisposeAsync()
    {
        _tcp.Dispose();
        return ValueTask.CompletedTask;
    }
}

internal sealed record Http2Frame(byte Type, byte Flags, int Stream, byte[] Payload)
{
    /// <summary>The last four bytes: the error of a reset, the credit of a window update.</summary>
    public uint Number => BinaryPrimitives.ReadUInt32BigEndian(Payload.AsSpan(Payload.Length - 4));
}
