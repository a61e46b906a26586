using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using PatientGrains.Core.Access;
using PatientGrains.Host.Composition;
using static PatientGrains.Host.Tests.Resources;

namespace PatientGrains.Host.Tests;

/// <summary>What a collector gets of a server that is told to export.</summary>
public sealed class ExportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Spans_and_metrics_from_front_to_log_reach_the_collector_and_name_nobody()
    {
        await using var collector = await Collector.Start();
        string id = "Q" + Guid.NewGuid().ToString("N");
        // Stopping the server sends what has gathered.
        await using (var server = await RecordServer.StartWithFront(Store.Settings(_folder) with { Otlp = collector.Url }, default))
        {
            using var http = Clients.For(server.Url, server.Ring, Role.Clinician);
            Assert.True((await http.Fhir(HttpMethod.Put, $"Patient/{id}", Patient(id))).IsSuccessStatusCode);
            Assert.True((await http.Fhir(HttpMethod.Get, $"Patient/{id}")).IsSuccessStatusCode);
        }
        string sent = collector.Received;
        string[] expected =
        [
            "fhir update", "record submit", "fhir read", "record read", "append", "patientgrains.gateway.request.duration",
            "patientgrains.log.append.duration", "patientgrains.log.group.writes", "patientgrains.log.journals.opened",
        ];
        Assert.All(expected, name => Assert.Contains(name, sent, StringComparison.Ordinal));
        Assert.DoesNotContain(id, sent, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("dr-test", sent, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Takes whatever is exported to it by OTLP over gRPC, and keeps the bytes.</summary>
    private sealed class Collector : IAsyncDisposable
    {
        private readonly ConcurrentQueue<string> _bodies = [];
        private readonly WebApplication _app;

        private Collector()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.WebHost.ConfigureKestrel(
                kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2));
            _app = builder.Build();
            _app.Run(Take);
        }

        public string Url => _app.Urls.Single();

        public string Received => string.Concat(_bodies);

        public static async Task<Collector> Start()
        {
            var collector = new Collector();
            await collector._app.StartAsync();
            return collector;
        }

        private async Task Take(HttpContext http)
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            _bodies.Enqueue(Encoding.Latin1.GetString(body.ToArray()));
            http.Response.ContentType = "application/grpc";
            http.Response.DeclareTrailer("grpc-status");
            // An empty message: everything was taken.
            await http.Response.Body.WriteAsync(new byte[5]);
            http.Response.AppendTrailer("grpc-status", "0");
        }

        public async ValueTask DisposeAsync() => await _app.DisposeAsync();
    }
}
