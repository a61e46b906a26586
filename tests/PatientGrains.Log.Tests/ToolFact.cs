namespace PatientGrains.Log.Tests;

/// <summary>A test that runs a program of the system, such as strace. Skipped where that is missing, but not in CI.</summary>
internal sealed class ToolFactAttribute : FactAttribute
{
    public ToolFactAttribute(string tool) => Skip = Tools.Missing(tool);
}

/// <inheritdoc cref="ToolFactAttribute"/>
internal sealed class ToolTheoryAttribute : TheoryAttribute
{
    public ToolTheoryAttribute(string tool) => Skip = Tools.Missing(tool);
}

internal static class Tools
{
    public static string? Missing(string tool) =>
        Environment.GetEnvironmentVariable("CI") == "true"
            || Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(p => File.Exists(Path.Combine(p, tool)))
            ? null
            : $"{tool} is not installed (Linux, package {tool})";
}
