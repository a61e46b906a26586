using System.Diagnostics;
using System.Text;

namespace PatientGrains.Simulation.Mutations;

/// <summary>
/// A copy of this program in a temporary folder, whose Core, Log and Grains are compiled from patched copies of their sources: the product
/// itself knows nothing of mutations.
/// </summary>
internal sealed class MutantBuild : IDisposable
{
    private const string Switch = """
        namespace PatientGrains;

        public static class Mutant
        {
            private static readonly string? Name = System.Environment.GetEnvironmentVariable("MUTANT");

            public static bool Is(string name) => Name == name;
        }
        """;

    /// <summary>From the lowest on.</summary>
    private static readonly string[] Patched = ["PatientGrains.Core", "PatientGrains.Log", "PatientGrains.Grains"];

    private readonly string _folder = Directory.CreateTempSubdirectory("patientgrains-mutants-").FullName;

    public string Program => Path.Combine(_folder, "bin", "PatientGrains.Simulation.dll");

    /// <summary>Copies, patches and compiles; throws when a patch does not match exactly once or the build fails.</summary>
    public async Task Make(IReadOnlyList<Mutation> mutations)
    {
        string source = Path.Combine(Repository(), "src");
        foreach (string project in Patched)
            Copy(Path.Combine(source, project), project);
        File.WriteAllText(Path.Combine(_folder, Patched[0], "Mutant.cs"), Switch);
        foreach (var mutation in mutations)
            Patch(Path.Combine(_folder, mutation.File), mutation);
        // What lies in folders above the temporary one is not for this build.
        foreach (string shared in (string[])["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props"])
            File.WriteAllText(Path.Combine(_folder, shared), "<Project />");
        string program = Path.Combine(_folder, "bin");
        Directory.CreateDirectory(program);
        foreach (string file in Directory.GetFiles(AppContext.BaseDirectory))
            File.Copy(file, Path.Combine(program, Path.GetFileName(file)));
        CopyRuntimes(Path.Combine(AppContext.BaseDirectory, "runtimes"), Path.Combine(program, "runtimes"));
        for (int i = 0; i < Patched.Length; i++)
            File.WriteAllText(Path.Combine(_folder, Patched[i], Patched[i] + ".csproj"), ProjectOf(Patched[i], Patched[..i]));
        string last = Path.Combine(_folder, Patched[^1]);
        await Dotnet("build", last, "-c", "Release", "-v", "q", "--nologo", "-nodeReuse:false", "-p:UseSharedCompilation=false");
        foreach (string project in Patched)
        {
            string built = Path.Combine(last, "bin", "Release", "net10.0", project + ".dll");
            File.Copy(built, Path.Combine(program, project + ".dll"), overwrite: true);
        }
    }

    public static string Repository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "PatientGrains.sln")))
                return folder.FullName;
        }
        throw new DirectoryNotFoundException("Mutations need the sources: no folder above this program holds PatientGrains.sln.");
    }

    private void Copy(string from, string project)
    {
        foreach (string file in Directory.GetFiles(from, "*.cs", SearchOption.AllDirectories))
        {
            string relative = Path.GetRelativePath(from, file);
            if (relative.StartsWith("obj", StringComparison.Ordinal) || relative.StartsWith("bin", StringComparison.Ordinal))
                continue;
            string to = Path.Combine(_folder, project, relative);
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }
    }

    private static void CopyRuntimes(string from, string to)
    {
        if (!Directory.Exists(from))
            return;
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    private static void Patch(string file, Mutation mutation)
    {
        string text = File.ReadAllText(file).ReplaceLineEndings("\n");
        int at = text.IndexOf(mutation.Old, StringComparison.Ordinal);
        if (at < 0 || text.IndexOf(mutation.Old, at + 1, StringComparison.Ordinal) >= 0)
            throw new InvalidOperationException($"The mutation {mutation.Name} does not match {mutation.File} exactly once: rewrite it.");
        File.WriteAllText(file, text[..at] + mutation.New + text[(at + mutation.Old.Length)..]);
    }

    /// <summary>References everything that this program brought along, except what is compiled here.</summary>
    private static string ProjectOf(string name, string[] below)
    {
        var text = new StringBuilder($"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <LangVersion>latest</LangVersion>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <InvariantGlobalization>true</InvariantGlobalization>
                <AssemblyName>{name}</AssemblyName>
                <RunAnalyzers>false</RunAnalyzers>
                <ProduceReferenceAssembly>false</ProduceReferenceAssembly>
                <!-- What is referenced refers to what is compiled here: a list of dependencies would name that twice. -->
                <GenerateDependencyFile>false</GenerateDependencyFile>
              </PropertyGroup>
              <ItemGroup>
                <FrameworkReference Include="Microsoft.AspNetCore.App" />
                <Reference Include="../bin/*.dll" Exclude="{string.Join(';', Patched.Select(project => $"../bin/{project}.dll"))}" />

            """);
        foreach (string project in below)
            text.AppendLine($"""    <ProjectReference Include="../{project}/{project}.csproj" />""");
        return text.Append("  </ItemGroup>\n</Project>\n").ToString();
    }

    private static async Task Dotnet(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true };
        using var build = Process.Start(start)!;
        string said = await build.StandardOutput.ReadToEndAsync();
        await build.WaitForExitAsync();
        if (build.ExitCode != 0)
            throw new InvalidOperationException($"The mutated sources do not build:\n{said}");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
