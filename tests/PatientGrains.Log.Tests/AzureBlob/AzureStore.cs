using System.Globalization;
using Azure.Core.Pipeline;
using PatientGrains.TestServers;

namespace PatientGrains.Log.Tests;

/// <summary>A container of its own on the one Azurite of this run, or on another.</summary>
public sealed class AzureStore : Store
{
    private static readonly Lazy<Task<AzuriteServer>> Shared = new(() => AzuriteServer.Launch());
    private static int _made;

    private AzureBlobLog? _log;

    private AzureStore(AzuriteServer server, Func<AzureBlobLogOptions, AzureBlobLogOptions> changed) =>
        Options = changed(OptionsOn(server));

    public static StoreKind Kind { get; } = new(() => AzuriteServer.Missing, Make, Cases: 2)
    {
        IsShared = true,
        HasServer = true,
        MakeLooking = async () => await Make(options => options with { LookEvery = TimeSpan.FromMilliseconds(100) }),
        MakeDurable = DurableContainer.Make,
    };

    public AzureBlobLogOptions Options { get; }

    public override IPatientLog Log => _log!;

    public static async Task<Store> Make() => await MakeOn(await Shared.Value, options => options);

    public static async Task<AzureStore> Make(Func<AzureBlobLogOptions, AzureBlobLogOptions> changed) =>
        await MakeOn(await Shared.Value, changed);

    public static async Task<AzureStore> MakeOn(AzuriteServer server, Func<AzureBlobLogOptions, AzureBlobLogOptions> changed)
    {
        var store = new AzureStore(server, changed);
        await store.Reopen();
        return store;
    }

    /// <summary>When all tests are done.</summary>
    internal static async Task EndServer()
    {
        if (Shared.IsValueCreated)
            await (await Shared.Value).DisposeAsync();
    }

    internal static AzureBlobLogOptions OptionsOn(AzuriteServer server) => new()
    {
        AccountUrl = server.AccountUrl,
        AccountName = server.AccountName,
        SharedKey = server.AccountKey,
        Container = string.Create(CultureInfo.InvariantCulture, $"test-{Environment.ProcessId}-{Interlocked.Increment(ref _made)}"),
        // Waiting is told within the process; looks are tested by themselves.
        LookEvery = TimeSpan.FromHours(1),
        // A machine that stands still fails nothing. What is tested to give up is told to do so sooner.
        Patience = Patience,
        RequestTimeout = Patience,
    };

    public override async Task Reopen()
    {
        if (_log is not null)
            await _log.DisposeAsync();
        _log = await AzureBlobLog.Open(Options, Ring);
    }

    public override async Task<IPatientLog> OpenBeside() => await AzureBlobLog.Open(Options, Ring);

    /// <summary>As another process would, over a transport that fails.</summary>
    public Task<AzureBlobLog> OpenOver(HttpPipelineTransport transport, Func<AzureBlobLogOptions, AzureBlobLogOptions>? changed = null) =>
        AzureBlobLog.Open((changed?.Invoke(Options) ?? Options) with { Transport = transport }, Ring);
}

/// <summary>A container on an Azurite of its own, which saves what it acknowledges and is killed.</summary>
public sealed class DurableContainer(AzuriteServer server) : DurableStore
{
    public override string Address { get; } = CrashChild.Address.Of(AzureStore.OptionsOn(server));

    public static async Task<DurableStore> Make() => new DurableContainer(await AzuriteServer.Launch(savesFirst: true));

    public override Task KillServer() => server.Kill();

    public override Task StartServer() => server.Start();

    public override ValueTask DisposeAsync() => server.DisposeAsync();
}
