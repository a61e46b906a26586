using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Gateway.Intake;
using PatientGrains.Log;
using Composition = PatientGrains.Host.Composition.Services;

namespace PatientGrains.Gateway.Tests.Intake;

/// <summary>Intakes on record grains on a log in memory; everything that crosses a grain boundary goes through the codec.</summary>
public sealed class IntakeCluster : IAsyncLifetime
{
    private static int _messages;
    private IHost? _host;

    public static Requester Clinician { get; } =
        new() { Subject = "dr-grey", Roles = [Role.Clinician], Purpose = "TREAT", Source = "local" };

    public IPatientLog Log { get; init; } = new InMemoryLog();

    public KeyRing Ring { get; } = KeyRing.Ephemeral();

    public bool RoundTrips { get; init; } = true;

    public IGrainFactory Grains => _host!.Services.GetRequiredService<IGrainFactory>();

    public ScannerPool Scanners { get; } = new();

    /// <summary>A gateway of its own; all have the same secret.</summary>
    public SubmissionIntake Gateway() => new(Grains, Scanners, Bundles.Options with
    {
        RoutedIds = Ring.RoutedIds, BlindLog = log => Ring.Blind(new LogName(log)).Value,
    }, TimeProvider.System);

    public async Task InitializeAsync()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging();
        Composition.AddRecords(builder, Log, Ring, RoundTrips);
        Unhurried.AddEngineLimits(builder.Services);
        _host = builder.Build();
        await _host.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _host!.StopAsync();
        _host.Dispose();
    }

    /// <summary>A submission with a message id of its own.</summary>
    public static Submission Message(string? id = null, bool wantsBodies = false) =>
        new(Clinician, id ?? "m" + Interlocked.Increment(ref _messages), "r", wantsBodies);

    /// <summary>An id that no other test uses.</summary>
    public static string Fresh(string prefix) => $"{prefix}-{Interlocked.Increment(ref _messages)}";

    public Task<BundleAnswer> Bundle(string json, Submission? s = null, SubmissionIntake? gateway = null) =>
        (gateway ?? Gateway()).Bundle(Scanners.Scan(Encoding.UTF8.GetBytes(json)), s ?? Message(), Read);

    public Task<IntakeAnswer> Create(string json, string? ifNoneExist = null, Submission? s = null) =>
        Gateway().Create(Scanners.Scan(Encoding.UTF8.GetBytes(json)), ifNoneExist, s ?? Message());

    public Task<IntakeAnswer> Update(string json, string id, int? ifMatch = null, Submission? s = null) =>
        Gateway().Update(Scanners.Scan(Encoding.UTF8.GetBytes(json)), id, ifMatch, s ?? Message());

    /// <summary>The current body of a resource, null when no record has it or it is deleted.</summary>
    public async Task<string?> Body(ResourceKey key)
    {
        if (await Gateway().OwnerOf(key) is not { } log)
            return null;
        var outcome = await RecordNames.GrainOf(Grains, log).Ask(new ReadResource { Who = Clinician, Key = key });
        return outcome is Released { Versions: [{ Body: { } body }] } ? Encoding.UTF8.GetString(body.Json.Span) : null;
    }

    /// <summary>The access log of a record, newest first, without the look itself.</summary>
    public async Task<IReadOnlyList<AccessEntry>> Accesses(string log)
    {
        var outcome = await RecordNames.GrainOf(Grains, log).Ask(
            new ReadAccessLog { Who = Clinician with { Roles = [Role.PrivacyOfficer] }, Count = 100 });
        return [.. Assert.IsType<AccessLogReleased>(outcome).Entries.Skip(1)];
    }

    /// <summary>What the front would do for GET entries.</summary>
    private async Task<EntryAnswer> Read(string method, string url, PatientGrains.Fhir.ScannedEntry entry)
    {
        string? body = await Body(ResourceKey.Parse(url));
        return new EntryRead(body is null ? 404 : 200, Encoding.UTF8.GetBytes(body ?? ""), null, null);
    }
}
