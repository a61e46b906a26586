using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Gateway.Intake;
using PatientGrains.Grpc;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Importing;
using PatientGrains.Host.Settings;
using PatientGrains.LoadTests.Import;
using PatientGrains.LoadTests.Running;
using PatientGrains.Log;

namespace PatientGrains.LoadTests.Live;

/// <summary>
/// A server with a hospital in it, alone in a process of its own, started as <c>serve</c> starts one; it says what it sees.
/// </summary>
internal sealed class OverloadServer : IHospitalServer
{
    /// <summary>Verb of the process.</summary>
    public const string Verb = "overload-server";

    /// <summary>Source of the submissions that are measured.</summary>
    public const string Calm = "local";

    private readonly HostSettings _host;
    private readonly KeyRing _ring;
    private readonly Child _child;

    private OverloadServer(HostSettings host, KeyRing ring, Child child, Uri address) =>
        (_host, _ring, _child, Address) = (host, ring, child, address);

    public Uri Address { get; }

    /// <param name="folder">Of its store, which is empty.</param>
    /// <param name="hospital">Put into it first.</param>
    public static async Task<OverloadServer> Start(string folder, Hospital hospital)
    {
        var host = HostOf(folder);
        await using (var target = new InProcessTarget(
            await RecordServer.StartWithoutFront(host, default), OurImport.Importer, ownsServer: true))
            await LiveServer.Admit(target, hospital);
        var child = Child.Start(yields: false, Verb, "--folder", folder);
        return new OverloadServer(host, Host.Composition.Stores.RingOfStore(host), child, new Uri(await child.Ask("address")));
    }

    public GrpcMetadata Login(string subject, Role role, string source = Calm) =>
        LiveServer.Login(_host, _ring, subject, role, source);

    /// <summary>What comes from now on belongs to this part of the run.</summary>
    public Task Begin(int part) => _child.Ask(FormattableString.Invariant($"part {part}"));

    /// <summary>What it saw until now.</summary>
    public async Task<ServerSeen> Seen() => JsonSerializer.Deserialize<ServerSeen>(await _child.Ask("seen"))!;

    /// <summary>How many of some resources a store holds on which no server runs; nobody's access, so it writes nothing.</summary>
    public static async Task<int> HowManyAreIn(string folder, IEnumerable<string> observations)
    {
        await using var server = await RecordServer.StartWithoutFront(HostOf(folder), default);
        var intake = server.Services.GetRequiredService<SubmissionIntake>();
        int there = 0;
        await Parallel.ForEachAsync(observations, async (id, _) =>
        {
            if (await intake.OwnerOf(new ResourceKey("Observation", id)) is not null)
                Interlocked.Increment(ref there);
        });
        return there;
    }

    /// <summary>Ends when it has stopped as it does when it is told to.</summary>
    public async ValueTask DisposeAsync()
    {
        await _child.DisposeAsync();
        _ring.Dispose();
    }

    /// <summary>The process itself.</summary>
    public static async Task<int> Run(Settings settings)
    {
        await using var server = await RecordServer.StartWithFront(HostOf(settings.Folder), default);
        using var watch = new ServerWatch(Calm);
        await Child.Answer(line => Task.FromResult(line switch
        {
            "address" => server.GrpcUrl,
            "seen" => JsonSerializer.Serialize(watch.Seen()),
            _ => watch.Begin(int.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture)),
        }));
        return 0;
    }

    private static HostSettings HostOf(string folder) =>
        new() { Data = folder, Url = "http://127.0.0.1:0", GrpcUrl = "http://127.0.0.1:0" };
}
