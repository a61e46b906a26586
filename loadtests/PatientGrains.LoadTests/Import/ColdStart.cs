using System.Diagnostics;
using System.Globalization;

namespace PatientGrains.LoadTests.Import;

/// <summary>The first import of a process, compilation and all: what a person at a terminal sees. A process of its own each time.</summary>
internal static class ColdStart
{
    public const string Verb = "cold-import";

    public static async Task<int> Child(Settings settings)
    {
        using var corpus = Corpus.Read(settings);
        using var folder = new StoreFolder(settings);
        double seconds = await OurImport.FromFiles(settings, corpus, folder.Path);
        await Console.Out.WriteLineAsync((corpus.Resources / seconds).ToString(CultureInfo.InvariantCulture));
        return 0;
    }

    /// <returns>Resources/s.</returns>
    public static async Task<double> Run(Settings settings)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        string[] own = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(ColdStart).Assembly.Location] : [];
        string[] patients = settings.Patients is { } count ? ["--patients", count.ToString(CultureInfo.InvariantCulture)] : [];
        foreach (string argument in (string[])[.. own, Verb, "--synthea", settings.Synthea, "--folder", settings.Folder, .. patients])
            start.ArgumentList.Add(argument);
        using var child = Process.Start(start) ?? throw new InvalidOperationException("The process did not start.");
        string said = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();
        return child.ExitCode == 0
            ? double.Parse(said, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"A cold import ended with {child.ExitCode}.");
    }
}
