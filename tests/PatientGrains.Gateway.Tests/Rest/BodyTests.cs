using System.IO.Compression;
using System.Net.Sockets;
using System.Text;

namespace PatientGrains.Gateway.Tests.Rest;

/// <summary>How bodies come and go: compressed, too large, cut.</summary>
public sealed class BodyTests(GatewayServer server) : IClassFixture<GatewayServer>
{
    [Fact]
    public async Task A_gzipped_body_is_read_and_a_response_is_gzipped_for_who_accepts_it()
    {
        string id = "gz" + Guid.NewGuid().ToString("N");
        Assert.Equal(201, (await SendBytes($"Patient/{id}", Gzip(Encoding.UTF8.GetBytes(Samples.Patient(id))), "gzip")).Status);
        var plain = await server.Get($"Patient/{id}");
        var reply = await server.Get($"Patient/{id}", ("Accept-Encoding", "gzip"));
        Assert.Equal("gzip", reply.Header("Content-Encoding"));
        using var unzipped = new StreamReader(new GZipStream(new MemoryStream(reply.Bytes), CompressionMode.Decompress));
        Assert.Equal(plain.Text, await unzipped.ReadToEndAsync());
        Assert.Contains("Accept-Encoding", reply.Header("Vary"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gzip_bomb_ends_at_the_limit()
    {
        byte[] bomb = Gzip(new byte[64 << 20]);
        Assert.True(bomb.Length < server.Options.MaxBodyBytes);
        var reply = await SendBytes("Patient/bomb", bomb, "gzip");
        Assert.Equal((413, "too-long"), (reply.Status, reply.IssueCode));
    }

    [Theory]
    [InlineData("br", 415)]
    [InlineData("gzip", 400)]
    public async Task What_is_not_the_encoding_that_it_says_is_refused(string encoding, int expected)
    {
        string body = Samples.Patient("enc");
        Assert.Equal(expected, (await SendBytes("Patient/enc", Encoding.UTF8.GetBytes(body), encoding)).Status);
    }

    [Fact]
    public async Task A_gzipped_body_that_ends_too_early_is_refused()
    {
        byte[] whole = Gzip(Encoding.UTF8.GetBytes(Samples.Patient("cut-gzip")));
        Assert.Equal(400, (await SendBytes("Patient/cut-gzip", whole[..(whole.Length / 2)], "gzip")).Status);
        Assert.Equal(404, (await server.Get("Patient/cut-gzip")).Status);
    }

    [Fact]
    public async Task A_body_over_the_limit_is_413_with_and_without_a_length()
    {
        // A limit so low that the rest, which Kestrel waits five seconds for after the answer, is in the socket's buffers already.
        var small = new GatewayServer();
        small.Options = small.Options with { MaxBodyBytes = 8 << 10 };
        await small.InitializeAsync();
        try
        {
            byte[] large = Encoding.UTF8.GetBytes(Samples.Patient("large", new string('x', small.Options.MaxBodyBytes)));
            var known = await SendBytes("Patient/large", large, null, to: small);
            Assert.Equal((413, "too-long"), (known.Status, known.IssueCode));
            var chunked = await SendBytes("Patient/large", large, null, chunked: true, to: small);
            Assert.Equal((413, "too-long"), (chunked.Status, chunked.IssueCode));
        }
        finally
        {
            await small.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_that_is_cut_in_the_middle_of_a_body_writes_nothing(bool chunked)
    {
        string id = "cut" + Guid.NewGuid().ToString("N");
        // The first half is a whole resource: whoever acted on what had arrived would write it.
        string body = Samples.Patient(id);
        using (var tcp = new TcpClient())
        {
            await tcp.ConnectAsync(server.Base.Host, server.Base.Port);
            var stream = tcp.GetStream();
            string length = chunked ? "Transfer-Encoding: chunked" : $"Content-Length: {body.Length + 1_000}";
            string chunk = chunked ? $"{body.Length:x}\r\n{body}\r\n" : body;
            string[] head =
            [
                $"PUT /fhir/Patient/{id} HTTP/1.1",
                "Host: x",
                $"Authorization: Bearer {server.Token()}",
                "Content-Type: application/fhir+json",
                length,
            ];
            await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Join("\r\n", head) + "\r\n\r\n" + chunk));
            tcp.Client.Shutdown(SocketShutdown.Send);
            // The server answers, hangs up or resets; in each case it has seen the end.
            await Record.ExceptionAsync(() => new StreamReader(stream).ReadToEndAsync());
        }
        Assert.Equal(404, (await server.Get($"Patient/{id}")).Status);
    }

    [Fact]
    public async Task Pretty_adds_white_space_only()
    {
        string id = await server.NewPatient();
        var plain = await server.Get($"Patient/{id}");
        var pretty = await server.Get($"Patient/{id}?_pretty=true");
        Assert.Contains("\n  \"resourceType\": \"Patient\"", pretty.Text, StringComparison.Ordinal);
        Assert.Equal(plain.Text, pretty.Text.Replace("\n", "").Replace("  ", "").Replace("\": ", "\":"));
    }

    private static byte[] Gzip(byte[] bytes)
    {
        var to = new MemoryStream();
        using (var gzip = new GZipStream(to, CompressionLevel.SmallestSize))
            gzip.Write(bytes);
        return to.ToArray();
    }

    private async Task<Reply> SendBytes(string url, byte[] bytes, string? encoding, bool chunked = false, GatewayServer? to = null)
    {
        to ??= server;
        using var request = new HttpRequestMessage(HttpMethod.Put, url) { Content = new ByteArrayContent(bytes) };
        request.Headers.Authorization = new("Bearer", to.Token());
        request.Headers.TransferEncodingChunked = chunked;
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/fhir+json");
        if (encoding is not null)
            request.Content.Headers.ContentEncoding.Add(encoding);
        using var response = await to.Http.SendAsync(request);
        return await Reply.Of(response);
    }
}
