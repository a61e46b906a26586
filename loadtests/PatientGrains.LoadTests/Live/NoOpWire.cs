using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PatientGrains.Grpc;
using PatientGrains.Grpc.V1;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Live;

/// <summary>The wire alone: a server whose submit stream answers at once and does nothing.</summary>
internal sealed class NoOpWire : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Monitors _monitors;

    private NoOpWire(WebApplication app, Hospital hospital)
    {
        _app = app;
        string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        _monitors = new Monitors(hospital, new Uri(address), []);
    }

    /// <summary>The same observations as the real server gets.</summary>
    public Contender Contender => new("the wire with a handler that does nothing", _monitors.Send);

    public static async Task<NoOpWire> Start(Hospital hospital)
    {
        var limits = new GrpcLimits();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureEndpointDefaults(listen => listen.Protocols = HttpProtocols.Http2);
            GrpcFront.Limit(kestrel.Limits, limits);
        });
        var app = builder.Build();
        app.UseGrpc([GrpcMethod.Bidi<Submission, SubmissionAnswer>(SubmitLane.Method, Answer)], limits, TimeProvider.System);
        await app.StartAsync();
        return new NoOpWire(app, hospital);
    }

    public async ValueTask DisposeAsync()
    {
        await _monitors.DisposeAsync();
        await _app.DisposeAsync();
    }

    private static async Task Answer(GrpcRequests<Submission> requests, GrpcResponses<SubmissionAnswer> responses, GrpcCall call)
    {
        for (var next = requests.Next(); await next is { } submission;)
        {
            responses.Add(new SubmissionAnswer { MessageId = submission.MessageId });
            next = requests.Next();
            // Answers leave together when nothing more has arrived.
            if (!next.IsCompleted)
                await responses.Flush();
        }
        await responses.Flush();
    }
}
