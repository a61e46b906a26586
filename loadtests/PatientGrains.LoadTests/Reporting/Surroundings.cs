using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using PatientGrains.Host.Composition;
using PatientGrains.LoadTests.Running;
using PatientGrains.LoadTests.Stores;

namespace PatientGrains.LoadTests.Reporting;

/// <summary>Where a run took place, and with which settings: names and values, in every report.</summary>
internal sealed record Surroundings(IReadOnlyList<(string Name, string Value)> Lines)
{
    public string? Of(string name) => Lines.FirstOrDefault(line => line.Name == name).Value;

    public static Surroundings Of(Settings settings) => new(
    [
        ("date", TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
        ("machine", string.Create(CultureInfo.InvariantCulture,
            $"{Environment.ProcessorCount} cores ({Processor()}), {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9:F0} GB")),
        ("system", RuntimeInformation.OSDescription),
        ("runtime", $"{RuntimeInformation.FrameworkDescription}, workstation collector, no PGO"),
        ("commit", Commit()),
        ("engine", Engine.Name),
        ("store", string.Create(CultureInfo.InvariantCulture,
            $"{Format(settings.Folder)}, {SyncMilliseconds(settings.Folder):F2} ms to write and sync 4 KB")),
        ("durability", "acknowledged when on disk: SQLite WAL, synchronous=FULL"),
        ("encryption", "AES-256-GCM with a key per patient, hash chain"),
        ("audit", "every read and write has its access entry, durable before it is answered"),
        ("processes", "one, but for overload: server, clients and subscribers share its cores, its collector and its thread pool"),
        ("corpus", settings.Patients is { } patients ? $"{patients} synthetic patients of our own" : "Synthea"),
        ("servers", string.Join(", ", Enum.GetValues<Kind>().Where(kind => kind != Kind.Sqlite).Select(
            kind => Servers.Missing(kind) is { } missing ? $"stores/{kind.Verb()} is left out: {missing}" : kind.Word()))),
        ("examples", File.Exists(settings.Examples) ? "HL7's official examples" : "not there: validate/examples is left out"),
        ("runner", Driver.Name),
        ("callers", settings.Callers.ToString(CultureInfo.InvariantCulture)),
        ("load average", $"{LoadAverage()} over the minute before"),
        ("run", settings.Smoke ? "smoke: shows that everything runs, measures nothing" : FormattableString.Invariant(
            $"{settings.Rounds} rounds, loops of {settings.Seconds} s, seed {settings.Seed}")),
    ]);

    /// <summary>The build carries the commit that it was made from; not whether the tree had changes beside it.</summary>
    private static string Commit() => typeof(Surroundings).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
        ?.InformationalVersion.Split('+') is [_, var commit] ? commit[..Math.Min(10, commit.Length)] : "unknown";

    private static string Format(string folder) => new DriveInfo(Path.GetFullPath(folder)).DriveFormat;

    private static double SyncMilliseconds(string folder)
    {
        string path = Path.Combine(folder, $"patientgrains-sync-{Environment.ProcessId}");
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        return Statistics.Median(Enumerable.Range(0, 20).Select(_ =>
        {
            long before = Stopwatch.GetTimestamp();
            file.Write(new byte[4096]);
            file.Flush(flushToDisk: true);
            return Stopwatch.GetElapsedTime(before).TotalMilliseconds;
        }).ToArray());
    }

    private static string Processor()
    {
        string? line = OperatingSystem.IsLinux()
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    private static string LoadAverage() => OperatingSystem.IsLinux() ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";
}
