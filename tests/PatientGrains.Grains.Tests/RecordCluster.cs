using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
#if ENGINE_ORLEANS
using Orleans.Configuration;
#else
using Orleans.Hosting;
#endif
using PatientGrains.Contracts;
using PatientGrains.Gateway.Intake;
using PatientGrains.Grains;
using PatientGrains.Host.Composition;
using PatientGrains.Log;

namespace PatientGrains.Grains.Tests;

/// <summary>The engine that the build chose, with record grains on a log in memory; everything that crosses a grain boundary goes through
/// the codec.</summary>
public sealed class RecordCluster : IAsyncLifetime
{
    /// <summary>Long enough for the slowest machine: only what hangs for ever takes as long.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private IHost? _host;

    public IPatientLog Log { get; init; } = new InMemoryLog();

    public KeyRing Ring { get; init; } = KeyRing.Ephemeral();

    /// <summary>A preparation never times out: transactions that wait for each other do so until their calls fail.</summary>
    public JournalOptions Options { get; init; } = new() { PrepareTimeout = 2 * Patience };

    /// <summary>Of the records and of the engine.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>By which records are woken when they are due; null for the same.</summary>
    public TimeProvider? DueClock { get; init; }

    /// <summary>More services, or others in place of the usual ones.</summary>
    public Action<IServiceCollection> With { get; init; } = _ => { };

    public ScannerPool Scanners { get; } = new();

    public IServiceProvider Provider => _host!.Services;

    public IGrainFactory Grains => Provider.GetRequiredService<IGrainFactory>();

    public IPatientGrain Patient(string id) => Grains.GetGrain<IPatientGrain>(id);

    public IDirectoryGrain Directory(string name) => Grains.GetGrain<IDirectoryGrain>(name);

    public ILocatorGrain Locator => Grains.GetGrain<ILocatorGrain>("locator");

    /// <summary>A gateway of its own; all have the same secret.</summary>
    public SubmissionIntake Gateway() => new(Grains, Scanners, new IntakeOptions
    {
        IdSecret = new byte[32], RoutedIds = Ring.RoutedIds, BlindLog = log => Ring.Blind(new LogName(log)).Value,
    }, TimeProvider.System);

    public async Task InitializeAsync()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging();
        Services.AddRecords(builder, Log, Ring, roundTrips: true, Clock, DueClock);
        builder.Services.AddSingleton(Options);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = Patience);
        LetCallsTakeLong(builder.Services);
        With(builder.Services);
        _host = builder.Build();
        await _host.StartAsync();
    }

    /// <summary>What is refused for having taken too long is for the tests of the engine.</summary>
    private static void LetCallsTakeLong(IServiceCollection services) =>
#if ENGINE_ORLEANS
        services.Configure<SiloMessagingOptions>(messaging => messaging.ResponseTimeout = Patience);
#else
        services.Configure<LocalEngineOptions>(engine =>
            engine.ResponseTimeout = engine.ActivationTimeout = engine.DeactivationTimeout = Patience);
#endif

    /// <summary>Ends every activation, and starts over on the same log.</summary>
    public async Task Restart()
    {
        await DisposeAsync();
        await InitializeAsync();
    }

    public async Task DisposeAsync()
    {
        await _host!.StopAsync();
        _host.Dispose();
    }
}
