using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Gateway.Auth;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Importing;
using PatientGrains.Host.Settings;
using PatientGrains.LoadTests.Import;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Reading;

/// <summary>
/// A store with the corpus in it, a patient of thousands of resources whose activation is measured, and another that is read whole. One
/// server at most is open on it; scenarios that need the same one after another share it.
/// </summary>
internal sealed class FilledStore : IAsyncDisposable
{
    private readonly StoreFolder _folder;
    private RecordServer? _server;
    private bool _hasFront;
    private Resources? _resources;

    private FilledStore(StoreFolder folder, LargePatient large, LargePatient whole)
    {
        (_folder, Large, Whole) = (folder, large, whole);
        Host = new HostSettings { Data = folder.Path, Url = "http://127.0.0.1:0" };
    }

    /// <summary>Who asks.</summary>
    public static Requester Clinician { get; } =
        new() { Subject = "load-test", Roles = [Role.Clinician], Purpose = "TREAT", Source = "local" };

    public HostSettings Host { get; }
    public LargePatient Large { get; }
    public LargePatient Whole { get; }

    public static async Task<FilledStore> Make(Settings settings, Corpus corpus)
    {
        var store = new FilledStore(
            new StoreFolder(settings), LargePatient.Of("load-large", settings.LargePatient),
            LargePatient.Of("load-whole", settings.WholePatient));
        await using var target = new InProcessTarget(await store.Engine(), OurImport.Importer, ownsServer: false);
        await OurImport.Fill(target, corpus, settings.Lanes);
        await store.Large.Write(target);
        await store.Whole.Write(target);
        await store.Close();
        return store;
    }

    /// <summary>A server without a front.</summary>
    public async Task<RecordServer> Engine() => await Open(withFront: false);

    /// <summary>A server that listens.</summary>
    public async Task<RecordServer> Front() => await Open(withFront: true);

    /// <summary>Nobody has the store open any more.</summary>
    public async Task Close()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _server = null;
    }

    /// <summary>A client that may do what <see cref="Clinician"/> may.</summary>
    public static HttpClient Client(RecordServer server, HostSettings host)
    {
        string token = new TokenIssuer(Services.GatewayOptionsOf(host, server.Ring), TimeProvider.System)
            .Issue(Clinician, TimeSpan.FromHours(1));
        var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 256 }) { BaseAddress = new Uri(server.Url) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    /// <summary>Everything that is in it, by patient; asked for once.</summary>
    public async Task<Resources> Resources(ulong seed)
    {
        if (_resources is null)
        {
            var server = _server ?? await Engine();
            var grains = server.Services.GetRequiredService<IGrainFactory>();
            var patients = await Everything.Patients(server);
            _resources = new Resources([.. await Everything.KeysOf(grains, patients, Clinician)], seed);
        }
        return _resources;
    }

    public async ValueTask DisposeAsync()
    {
        await Close();
        _folder.Dispose();
    }

    private async Task<RecordServer> Open(bool withFront)
    {
        if (_server is not null && _hasFront == withFront)
            return _server;
        await Close();
        _hasFront = withFront;
        return _server = withFront
            ? await RecordServer.StartWithFront(Host, default)
            : await RecordServer.StartWithoutFront(Host, default);
    }
}

/// <summary>The resources of each patient, and which of them request n is about: a patient by <see cref="Popularity"/>, then any of its
/// resources.</summary>
internal sealed class Resources(IReadOnlyList<(string Log, ResourceKey[] Keys)> patients, ulong seed)
{
    private readonly Popularity _whom = new(patients.Count, seed);
    private readonly Chance _which = new(seed + 1);

    public (string Log, ResourceKey Key) Of(long request)
    {
        var (log, keys) = patients[_whom.Of(request)];
        return (log, keys[_which.Below(keys.Length, request)]);
    }

    public override string ToString() => FormattableString.Invariant(
        $"{patients.Sum(patient => patient.Keys.Length):N0} resources of {patients.Count} patients; {_whom}");
}
