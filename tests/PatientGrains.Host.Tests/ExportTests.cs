using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
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
        string[] expected =
        [
            "fhir update", "record submit", "fhir read", "record read", "append", "patientgrains.gateway.request.duration",
            "patientgrains.log.append.duration", "patientgrains.log.group.writes", "patientgrains.log.journals.opened",
        ];
        await using var collector = await Collector.Start();
        // A process of its own: what is traced and counted is the whole process's. And often: a server that stops waits a few seconds for
        // a collector, and what has not left by then never does.
        using var server = await Server.Start(_folder, new Dictionary<string, string>
        {
            ["PATIENTGRAINS_OTLP"] = collector.Url,
            ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "100",
        });
        string id = "Q" + Guid.NewGuid().ToString("N");
        Assert.True((await server.Http.Fhir(HttpMethod.Put, $"Patient/{id}", Patient(id))).IsSuccessStatusCode);
        Assert.True((await server.Http.Fhir(HttpMethod.Get, $"Patient/{id}")).IsSuccessStatusCode);
        await collector.Gets(expected).WaitAsync(Tool.Patience);
        server.Terminate();
        Assert.Equal(0, await server.Ended());
        Assert.DoesNotContain(id, collector.Received, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("dr-test", collector.Received, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Takes whatever is exported to it by OTLP over gRPC, and keeps the bytes.</summary>
    private sealed class Collector : IAsyncDisposable
    {
        private readonly ConcurrentQueue<string> _bodies = [];
        private readonly SemaphoreSlim _came = new(0);
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

        /// <summary>Ends when all of these were among what it got.</summary>
        public async Task Gets(IEnumerable<string> names)
        {
            while (!names.All(name => _bodies.Any(body => body.Contains(name, StringComparison.Ordinal))))
                await _came.WaitAsync();
        }

        private async Task Take(HttpContext http)
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            _bodies.Enqueue(Encoding.Latin1.GetString(body.ToArray()));
            _came.Release();
            http.Response.ContentType = "application/grpc";
            http.Response.DeclareTrailer("grpc-status");
            // An empty message: everything was taken.
            await http.Response.Body.WriteAsync(new byte[5]);
            http.Response.AppendTrailer("grpc-status", "0");
        }

        public async ValueTask DisposeAsync() => await _app.DisposeAsync();
    }
}
