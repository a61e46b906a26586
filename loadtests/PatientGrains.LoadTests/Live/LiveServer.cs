using Microsoft.Extensions.DependencyInjection;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Gateway.Auth;
using PatientGrains.Gateway.Intake;
using PatientGrains.Grpc;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Importing;
using PatientGrains.LoadTests.Stores;

namespace PatientGrains.LoadTests.Live;

/// <summary>A server with a hospital in it, on a store of its own.</summary>
internal sealed class LiveServer : IAsyncDisposable
{
    private const int AdmittedAtOnce = 32;

    private readonly FreshStore _store;

    private LiveServer(FreshStore store) => _store = store;

    /// <summary>Where it speaks gRPC.</summary>
    public Uri Address => new(_store.Server.GrpcUrl);

    public static async Task<LiveServer> Start(Bench bench, Hospital hospital, Kind kind = Kind.Sqlite)
    {
        var live = new LiveServer(await FreshStore.Open(bench, kind, withFront: true));
        await live.Admit(hospital);
        return live;
    }

    /// <summary>The metadata of somebody's calls.</summary>
    public GrpcMetadata Login(string subject, Role role, string source = "local")
    {
        var who = new Requester { Subject = subject, Roles = [role], Purpose = "TREAT", Source = source };
        string token = new TokenIssuer(Services.GatewayOptionsOf(_store.Host, _store.Server.Ring), TimeProvider.System)
            .Issue(who, TimeSpan.FromHours(1));
        return new GrpcMetadata { { "authorization", "Bearer " + token } };
    }

    /// <summary>Whether a resource is stored; nobody's access, so that asking for thousands writes nothing.</summary>
    public async Task<bool> IsThere(ResourceKey key) =>
        await _store.Server.Services.GetRequiredService<SubmissionIntake>().OwnerOf(key) is not null;

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private async Task Admit(Hospital hospital)
    {
        await Take(Hospital.Locations(), "locations");
        var now = TimeProvider.System.GetUtcNow();
        await Parallel.ForAsync(0, hospital.Patients, new ParallelOptions { MaxDegreeOfParallelism = AdmittedAtOnce },
            async (patient, _) => await Take(hospital.Admission(patient, now), $"admission-{patient}"));
    }

    private async Task Take(byte[] bundle, string messageId)
    {
        var result = await _store.Target.Submit(new ImportItem(messageId, 0, bundle, messageId), default);
        if (result.Rejects.Count > 0)
            throw new InvalidDataException($"{messageId} was rejected: {result.Rejects[0].Message}");
    }
}
