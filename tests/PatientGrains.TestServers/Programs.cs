namespace PatientGrains.TestServers;

/// <summary>Programs as the shell finds them.</summary>
internal static class Programs
{
    public static IEnumerable<string> Folders => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);

    public static string? Find(string program) => Folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
