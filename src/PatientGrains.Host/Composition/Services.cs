using PatientGrains.Gateway;
using PatientGrains.Gateway.Feeds;
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
        AddGateway(builder, settings, ring);
    }

    /// <summary>Record grains on the engine that the build chose, in this process alone.</summary>
    /// <param name="builder">The process.</param>
    /// <param name="log">Their log.</param>
    /// <param name="ring">Its keys.</param>
    /// <param name="roundTrips">Whether everything that crosses a grain boundary goes through the codec.</param>
    /// <param name="clock">Of the records, and of the engine, whose limits are measured on it; null for the system's.</param>
    /// <param name="dueClock">By which records are woken when they are due; null for the same.</param>
    public static void AddRecords(
        IHostApplicationBuilder builder, IPatientLog log, KeyRing ring, bool roundTrips = false, TimeProvider? clock = null,
        TimeProvider? dueClock = null)
    {
        AddRecordParts(builder.Services, log, ring, clock ?? TimeProvider.System);
        Engine.Add(builder, roundTrips);
        AddWaker(builder.Services, dueClock ?? clock ?? TimeProvider.System);
    }

    /// <summary>What a node of this role has, on the engine of its cluster.</summary>
    /// <param name="builder">The process.</param>
    /// <param name="settings">Its settings.</param>
    /// <param name="log">Null for a gateway.</param>
    /// <param name="ring">The ring of all nodes.</param>
    /// <param name="clock">Null for the system's.</param>
    internal static void AddNode(
        IHostApplicationBuilder builder, HostSettings settings, IPatientLog? log, KeyRing ring, TimeProvider? clock = null)
    {
        clock ??= TimeProvider.System;
        if (log is not null)
            AddRecordParts(builder.Services, log, ring, clock);
        else
            builder.Services.AddSingleton(clock);
        Engine.AddNode(builder, settings);
        if (log is not null)
            AddWaker(builder.Services, clock);
        if (settings.CheckedRole() != NodeRole.Silo)
            AddGateway(builder, settings, ring);
    }

    /// <summary>What record grains need of their process, whatever engine they run on.</summary>
    internal static void AddRecordParts(IServiceCollection services, IPatientLog log, KeyRing ring, TimeProvider clock)
    {
        services.AddSingleton(clock);
        services.AddSingleton(log);
        services.AddSingleton(ring);
        services.AddSingleton(new JournalOptions());
        services.AddSingleton<RecordHost>();
        services.AddSingleton<LogNames>();
    }

    /// <summary>Added behind the engine, so that it starts after and stops before it.</summary>
    internal static void AddWaker(IServiceCollection services, TimeProvider clock)
    {
        var dueClock = clock is FastClock fast ? fast.WithFastTimers : clock;
        services.AddHostedService(provider => ActivatorUtilities.CreateInstance<DueWaker>(provider, dueClock));
    }

    internal static void AddGateway(IHostApplicationBuilder builder, HostSettings settings, KeyRing ring)
    {
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

    public static GatewayOptions GatewayOptionsOf(HostSettings settings, KeyRing ring) => new()
    {
        TokenKey = ring.Derive("tokens"),
        BaseUrl = settings.PublicUrl is null ? null : BaseOf(settings.PublicUrl),
        Admission = new() { SubmissionTarget = TimeSpan.FromMilliseconds(settings.SubmissionTargetMillis) },
        Sources = [.. settings.Sources.Select(slug => new Source(slug, $"urn:patientgrains:source:{slug}"))],
        Feeds = new FeedLimits { LongPoll = Engine.LongestPoll },
    };

    private static string BaseOf(string url) => url.TrimEnd('/') + "/fhir";
}
