using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Runtime;
using PatientGrains.Host.Composition;
using PatientGrains.Log;

namespace PatientGrains.Grains.Tests.Clusters;

/// <summary>Two silos in this process, on one log in memory: about every second grain is on the other silo than who asks.</summary>
public sealed class TwoSilos : IAsyncLifetime
{
    private readonly IPatientLog _log = new InMemoryLog();
    private readonly KeyRing _ring = KeyRing.Ephemeral();
    private IHost? _first, _second;

    /// <summary>As the first silo sees the grains, and as the second does.</summary>
    public IReadOnlyList<IGrainFactory> Sides =>
        [_first!.Services.GetRequiredService<IGrainFactory>(), _second!.Services.GetRequiredService<IGrainFactory>()];

    public IServiceProvider Services => _first!.Services;

    public async Task InitializeAsync()
    {
        _first = await Start(null);
        _second = await Start(_first.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress);
        foreach (var host in new[] { _first, _second })
            await KnowsBoth(host).WaitAsync(RecordCluster.Patience);
    }

    private static async Task KnowsBoth(IHost host)
    {
        await foreach (var seen in host.Services.GetRequiredService<IClusterMembershipService>().MembershipUpdates)
        {
            if (seen.Members.Values.Count(member => member.Status == SiloStatus.Active) == 2)
                return;
        }
    }

    public async Task DisposeAsync()
    {
        foreach (var host in new[] { _second!, _first! })
        {
            await host.StopAsync();
            host.Dispose();
        }
    }

    private async Task<IHost> Start(SiloAddress? joined)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging();
        Host.Composition.Services.AddRecords(builder, _log, _ring);
        if (joined is not null)
            builder.Services.Configure<DevelopmentClusterMembershipOptions>(membership => membership.PrimarySiloEndpoint = joined.Endpoint);
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }
}
