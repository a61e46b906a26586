using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using Google.Protobuf;
using PatientGrains.Grpc.Tests.Echo;

namespace PatientGrains.Grpc.Tests.Server;

/// <summary>A request whose bytes and headers a test makes up, and what came back.</summary>
internal sealed record RawCall(string Path)
{
    public byte[] Body { get; init; } = [];
    public string Method { get; init; } = "POST";
    public string? ContentType { get; init; } = "application/grpc";
    public (string Name, string Value)[] Headers { get; init; } = [];
    public Version Version { get; init; } = HttpVersion.Version20;

    public static RawCall Once(params byte[][] frames) =>
        new("/patientgrains.tests.EchoService/Once") { Body = [.. frames.SelectMany(frame => frame)] };

    public static RawCall Talk(params byte[][] frames) =>
        new("/patientgrains.tests.EchoService/Talk") { Body = [.. frames.SelectMany(frame => frame)] };

    /// <summary>A message with its five bytes.</summary>
    public static byte[] Frame(byte[] message, byte flag = 0, uint? length = null)
    {
        byte[] frame = [flag, 0, 0, 0, 0, .. message];
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), length ?? (uint)message.Length);
        return frame;
    }

    public static byte[] Frame(Piece piece) => Frame(piece.ToByteArray());

    public static byte[] Gzip(byte[] plain)
    {
        var into = new MemoryStream();
        using (var gzip = new GZipStream(into, CompressionLevel.SmallestSize))
            gzip.Write(plain);
        return into.ToArray();
    }

    public async Task<RawAnswer> Send(HttpMessageInvoker http, Uri address, CancellationToken stop = default)
    {
        using var request = new HttpRequestMessage(new HttpMethod(Method), new Uri(address, Path))
        {
            Version = Version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = Method == "GET" ? null : new ByteArrayContent(Body),
        };
        if (ContentType is not null)
            request.Content?.Headers.TryAddWithoutValidation("content-type", ContentType);
        foreach (var (name, value) in Headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await http.SendAsync(request, stop);
        byte[] body = await response.Content.ReadAsByteArrayAsync(stop);
        return new RawAnswer(response.StatusCode, body, Values(response.Headers), Values(response.TrailingHeaders));
    }

    private static Dictionary<string, string> Values(System.Net.Http.Headers.HttpHeaders headers) =>
        headers.NonValidated.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString());
}

internal sealed record RawAnswer(HttpStatusCode Http, byte[] Body, Dictionary<string, string> Headers, Dictionary<string, string> Trailers)
{
    public GrpcCode Code => (GrpcCode)int.Parse(Headers.GetValueOrDefault("grpc-status") ?? Trailers["grpc-status"]);

    public string? Message => Headers.GetValueOrDefault("grpc-message") ?? Trailers.GetValueOrDefault("grpc-message");
}
