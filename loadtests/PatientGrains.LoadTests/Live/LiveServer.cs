using Microsoft.Extensions.DependencyInjection;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Gateway.Auth;
using PatientGrains.Gateway.Intake;
using PatientGrains.Grpc;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Importing;
using PatientGrains.Host.Settings;
using PatientGrains.LoadTests.Import;

namespace PatientGrains.LoadTests.Live;

/// <summary>A server with a hospital in it, on a store of its own.</summary>
internal sealed class LiveServer : IAsyncDisposable
{
    private const int AdmittedAtOnce = 32;

    private readonly StoreFolder _folder;
    private readonly HostSettings _host;
    private readonly RecordServer _server;

    private LiveServer(StoreFolder folder, HostSettings host, RecordServer server) => (_folder, _host, _server) = (folder, host, server);

    /// <summary>Where it speaks gRPC.</summary>
    public Uri Address => new(_server.GrpcUrl);

    public static async Task<LiveServer> Start(Settings settings, Hospital hospital)
    {
        var folder = new StoreFolder(settings);
        var host = new HostSettings { Data = folder.Path, Url = "http://127.0.0.1:0", GrpcUrl = "http://127.0.0.1:0" };
        var live = new LiveServer(folder, host, await RecordServer.StartWithFront(host, default));
        await live.Admit(hospital);
        return live;
    }

    /// <summary>The metadata of somebody's calls.</summary>
    public GrpcMetadata Login(string subject, Role role, string source = "local")
    {
        var who = new Requester { Subject = subject, Roles = [role], Purpose = "TREAT", Source = source };
        string token = new TokenIssuer(Services.GatewayOptionsOf(_host, _server.Ring), TimeProvider.System)
            .Issue(who, TimeSpan.FromHours(1));
        return new GrpcMetadata { { "authorization", "Bearer " + token } };
    }

    /// <summary>Whether a resource is stored; nobody's access, so that asking for thousands writes nothing.</summary>
    public async Task<bool> IsThere(ResourceKey key) =>
        await _server.Services.GetRequiredService<SubmissionIntake>().OwnerOf(key) is not null;

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    private async Task Admit(Hospital hospital)
    {
        await using var target = new InProcessTarget(_server, OurImport.Importer, ownsServer: false);
        await Take(target, Hospital.Locations(), "locations");
        var now = TimeProvider.System.GetUtcNow();
        await Parallel.ForAsync(0, hospital.Patients, new ParallelOptions { MaxDegreeOfParallelism = AdmittedAtOnce },
            async (patient, _) => await Take(target, hospital.Admission(patient, now), $"admission-{patient}"));
    }

    private static async Task Take(InProcessTarget target, byte[] bundle, string messageId)
    {
        var result = await target.Submit(new ImportItem(messageId, 0, bundle, messageId), default);
        if (result.Rejects.Count > 0)
            throw new InvalidDataException($"{messageId} was rejected: {result.Rejects[0].Message}");
    }
}
