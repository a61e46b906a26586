using PatientGrains.Gateway;
using PatientGrains.Gateway.Intake;
using PatientGrains.Grains;
using PatientGrains.Host.Settings;
using PatientGrains.Log;

namespace PatientGrains.Host.Composition;

/// <summary>Puts the parts together: log and keys below, grains on the engine, the gateway on top.</summary>
public static class Services
{
    /// <summary>Record grains, and the gateway on top of them.</summary>
    public static void Add(
        IHostApplicationBuilder builder, HostSettings settings, IPatientLog log, KeyRing ring, bool roundTrips = false,
        TimeProvider? clock = null)
    {
        AddRecords(builder, log, ring, roundTrips, clock);
        builder.Services.AddPatientGrainsGateway(GatewayOptionsOf(settings, ring), new IntakeOptions
        {
            IdSecret = ring.Derive("ids"),
            RoutedIds = ring.RoutedIds,
            BlindLog = log => ring.Blind(new LogName(log)).Value,
            // References to resources of this server, written in full, are the same as Type/id.
            BaseUrls = [.. new[] { settings.Url, settings.PublicUrl }.OfType<string>().Select(BaseOf)],
        });
        // Web server and routing log addresses at Information, and an address names a patient.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
    }

    /// <summary>Record grains on the engine that the build chose.</summary>
    public static void AddRecords(
        IHostApplicationBuilder builder, IPatientLog log, KeyRing ring, bool roundTrips = false, TimeProvider? clock = null)
    {
        clock ??= TimeProvider.System;
        builder.Services.AddSingleton(clock);
        builder.Services.AddSingleton(log);
        builder.Services.AddSingleton(ring);
        builder.Services.AddSingleton(new JournalOptions());
        builder.Services.AddSingleton<RecordHost>();
        builder.Services.AddSingleton<LogNames>();
        Engine.Add(builder, roundTrips);
        // Behind the engine, so that it starts after and stops before it.
        var dueClock = clock is FastClock fast ? fast.WithFastTimers : clock;
        builder.Services.AddHostedService(provider => ActivatorUtilities.CreateInstance<DueWaker>(provider, dueClock));
    }

    public static GatewayOptions GatewayOptionsOf(HostSettings settings, KeyRing ring) => new()
    {
        TokenKey = ring.Derive("tokens"),
        BaseUrl = settings.PublicUrl is null ? null : BaseOf(settings.PublicUrl),
        Sources = [.. settings.Sources.Select(slug => new Source(slug, $"urn:patientgrains:source:{slug}"))],
    };

    private static string BaseOf(string url) => url.TrimEnd('/') + "/fhir";
}
