using PatientGrains.Core.Access;
using PatientGrains.Gateway.Auth;
using PatientGrains.Grpc;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Importing;
using PatientGrains.Host.Settings;
using PatientGrains.LoadTests.Stores;
using PatientGrains.Log;

namespace PatientGrains.LoadTests.Live;

/// <summary>A server with a hospital in it, somewhere.</summary>
internal interface IHospitalServer : IAsyncDisposable
{
    /// <summary>Where it speaks gRPC.</summary>
    Uri Address { get; }

    /// <summary>The metadata of somebody's calls.</summary>
    GrpcMetadata Login(string subject, Role role, string source = "local");
}

/// <summary>A server with a hospital in it, on a store of its own, in this process.</summary>
internal sealed class LiveServer : IHospitalServer
{
    private const int AdmittedAtOnce = 32;

    private readonly FreshStore _store;

    private LiveServer(FreshStore store) => _store = store;

    public Uri Address => new(_store.Server.GrpcUrl);

    public static async Task<LiveServer> Start(Bench bench, Hospital hospital, Kind kind = Kind.Sqlite)
    {
        var live = new LiveServer(await FreshStore.Open(bench, kind, withFront: true));
        await Admit(live._store.Target, hospital);
        return live;
    }

    public GrpcMetadata Login(string subject, Role role, string source = "local") =>
        Login(_store.Host, _store.Server.Ring, subject, role, source);

    /// <summary>The metadata of somebody's calls to whatever server has these settings and this ring.</summary>
    public static GrpcMetadata Login(HostSettings host, KeyRing ring, string subject, Role role, string source)
    {
        var who = new Requester { Subject = subject, Roles = [role], Purpose = "TREAT", Source = source };
        string token = new TokenIssuer(Services.GatewayOptionsOf(host, ring), TimeProvider.System).Issue(who, TimeSpan.FromHours(1));
        return new GrpcMetadata { { "authorization", "Bearer " + token } };
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    /// <summary>Fills a store with its patients.</summary>
    public static async Task Admit(InProcessTarget target, Hospital hospital)
    {
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
