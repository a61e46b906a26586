using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using PatientGrains.Host.Composition;

namespace PatientGrains.LoadTests;

/// <summary>What is printed: the machine and its settings, figures, and in the end the budgets that were missed.</summary>
internal sealed class Report(TextWriter to, bool judges)
{
    private readonly List<string> _misses = [];

    public void Machine(Settings settings)
    {
        double ram = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9;
        Line($"machine   {Environment.ProcessorCount} cores ({Processor()}), {ram:F0} GB, {RuntimeInformation.OSDescription}");
        Line($"runtime   {RuntimeInformation.FrameworkDescription}, workstation collector, no PGO, engine {Engine.Name}");
        string format = new DriveInfo(Path.GetFullPath(settings.Folder)).DriveFormat;
        Line($"store     {settings.Folder} on {format}, {SyncMilliseconds(settings.Folder):F2} ms to write and sync 4 KB");
        Line("settings  durable when acknowledged (WAL, synchronous=FULL), AES-256-GCM per patient, hash chain, access log: all on");
        Line($"load      1-minute average {LoadAverage()} when it began; {settings.Rounds} rounds, medians");
    }

    public void Title(string text) => Line($"\n== {text}");

    public void Line(FormattableString text) => Line(text.ToString(CultureInfo.InvariantCulture));

    public void Line(string text) => to.WriteLine(text);

    /// <summary>One figure against its budget; <paramref name="atMost"/> false when more is better.</summary>
    public void Budget(string what, double figure, string unit, double budget, bool atMost)
    {
        if (!judges)
            return;
        bool met = atMost ? figure <= budget : figure >= budget;
        string limit = atMost ? "<=" : ">=";
        string line = string.Create(
            CultureInfo.InvariantCulture, $"   {(met ? "met " : "MISS")} {what}: {figure:N2} {unit}, budget {limit} {budget:N2}");
        Line(line);
        if (!met)
            _misses.Add(line);
    }

    public void Misses()
    {
        if (!judges)
            return;
        Title(_misses.Count == 0 ? "no budget was missed" : $"{_misses.Count} budgets missed");
        _misses.ForEach(Line);
    }

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private static double SyncMilliseconds(string folder)
    {
        string path = Path.Combine(folder, $"patientgrains-sync-{Environment.ProcessId}");
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        return Median(Enumerable.Range(0, 20).Select(_ =>
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
