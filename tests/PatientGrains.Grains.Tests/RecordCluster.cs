using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Grains;
using PatientGrains.Host.Composition;
using PatientGrains.Log;

namespace PatientGrains.Grains.Tests;

/// <summary>The engine that the build chose, with record grains on a log in memory; everything that crosses a grain boundary goes through the codec.</summary>
public sealed class RecordCluster : IAsyncLifetime
{
    private IHost? _host;

    public IPatientLog Log { get; init; } = new InMemoryLog();

    public KeyRing Ring { get; init; } = KeyRing.Ephemeral();

    public IGrainFactory Grains => _host!.Services.GetRequiredService<IGrainFactory>();

    public IPatientGrain Patient(string id) => Grains.GetGrain<IPatientGrain>(id);

    public IDirectoryGrain Directory(string name) => Grains.GetGrain<IDirectoryGrain>(name);

    public ILocatorGrain Locator => Grains.GetGrain<ILocatorGrain>("locator");

    public async Task InitializeAsync()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging();
        Services.AddRecords(builder, Log, Ring, roundTrips: true);
        _host = builder.Build();
        await _host.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _host!.StopAsync();
        _host.Dispose();
    }
}
