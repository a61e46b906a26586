using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace PatientGrains.House.Tests;

/// <summary>The tree that the rules are checked on, as it lies on disk without what a build leaves behind.</summary>
internal static class Repository
{
    private static readonly HashSet<string> Passed = ["bin", "obj", ".git", "TestResults", "artifacts", ".vs", ".idea", "node_modules"];

    public static string Root { get; } = FindRoot();

    /// <summary>Paths of all files, relative to the root, with forward slashes.</summary>
    public static IReadOnlyList<string> Paths { get; } = [.. Walk(Root).Order(StringComparer.Ordinal)];

    public static IReadOnlyList<CodeFile> Code { get; } =
        [.. Paths.Where(path => path.EndsWith(".cs", StringComparison.Ordinal)).Select(path => new CodeFile(path, Read(path)))];

    public static IReadOnlyList<Project> Projects { get; } =
        [.. Paths.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal)).Select(path => new Project(path, Read(path)))];

    public static string Read(string path) => File.ReadAllText(FullPath(path));

    public static string FullPath(string path) => Path.Combine(Root, path);

    public static bool Exists(string path) => Path.Exists(FullPath(path));

    private static IEnumerable<string> Walk(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(folder))
        {
            // In a worktree .git is a file.
            if (Path.GetFileName(file) != ".git")
                yield return Path.GetRelativePath(Root, file).Replace('\\', '/');
        }
        foreach (string below in Directory.EnumerateDirectories(folder))
        {
            // The folder /data/ is where a server that was started here keeps its log; .gitignore names it too.
            if (Passed.Contains(Path.GetFileName(below)) || below == Path.Combine(Root, "data"))
                continue;
            foreach (string file in Walk(below))
                yield return file;
        }
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "PatientGrains.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("No folder above the tests holds PatientGrains.sln.");
    }
}

/// <summary>A C# file, parsed on first use.</summary>
internal sealed class CodeFile(string path, string text)
{
    private readonly Lazy<SyntaxNode> _tree = new(() => CSharpSyntaxTree.ParseText(text, Options).GetRoot());

    private static readonly CSharpParseOptions Options = new(LanguageVersion.Preview, DocumentationMode.Parse);

    public string Path { get; } = path;
    public string Text { get; } = text;
    public SyntaxNode Tree => _tree.Value;

    /// <summary>Name of the project that the file lies in.</summary>
    public string Project => Path.Split('/') is [_, var project, _, ..] ? project : "";

    public bool IsTest => Path.StartsWith("tests/", StringComparison.Ordinal);

    public string At(SyntaxNodeOrToken place) => At(place.GetLocation()!);

    public string At(SyntaxTrivia place) => At(place.GetLocation());

    private string At(Location place) => $"{Path}({place.GetLineSpan().StartLinePosition.Line + 1})";
}

/// <summary>A project file.</summary>
internal sealed class Project(string path, string text)
{
    private readonly XElement _xml = XElement.Parse(text);

    public string Path { get; } = path;
    public string Text { get; } = text;
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);
    public string Folder => Path[..Path.LastIndexOf('/')];
    public bool IsSource => Path.StartsWith("src/", StringComparison.Ordinal);

    /// <summary>Names of the projects that it references, under whatever condition.</summary>
    public IEnumerable<string> References => Included("ProjectReference")
        .Select(include => System.IO.Path.GetFileNameWithoutExtension(include.Replace('\\', '/')));

    public IEnumerable<string> Packages => Included("PackageReference");

    public IEnumerable<XElement> Elements(string name) => _xml.Descendants().Where(element => element.Name.LocalName == name);

    private IEnumerable<string> Included(string name) =>
        Elements(name).Select(element => element.Attribute("Include")?.Value).OfType<string>();
}

internal static class House
{
    /// <summary>Fails with every violation on a line of its own.</summary>
    public static void Holds(IEnumerable<string> violations)
    {
        string[] found = [.. violations];
        if (found.Length > 0)
            Assert.Fail($"{found.Length} violation(s):\n" + string.Join('\n', found));
    }
}
