using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace PatientGrains.House.Tests;

/// <summary>
/// What no code of ours may say, found in its syntax: what the analyzer of banned symbols cannot see, and what it does not look at (tests).
/// </summary>
/// <param name="Name">What is banned.</param>
/// <param name="Instead">What to do instead.</param>
/// <param name="Breaks">Whether a piece of syntax is the offence.</param>
/// <param name="Offence">Code that must be caught.</param>
/// <param name="Innocent">Code that looks alike and must not be.</param>
internal sealed record Ban(string Name, string Instead, Func<SyntaxNode, bool> Breaks, string Offence, string Innocent)
{
    /// <summary>Composition root, tools that are run by hand, and what draws a report on a terminal.</summary>
    private static readonly HashSet<string> ConsoleTools =
    [
        "PatientGrains.Host", "PatientGrains.Fhir.Generator", "PatientGrains.LoadTests", "PatientGrains.Log.Bench",
        "PatientGrains.Log.CrashChild", "PatientGrains.Simulation",
    ];

    /// <summary>
    /// The engine hands on the results of tasks that have ended; the log has one writer on a thread of its own, which may wait.
    /// </summary>
    private static readonly HashSet<string> TakesResults = ["Orleans.Local", "PatientGrains.Log"];

    /// <summary>Files that the ban looks at.</summary>
    public Func<CodeFile, bool> Covers { get; init; } = _ => true;

    public static IReadOnlyList<Ban> All { get; } =
    [
        new("Thread.Sleep", "await something that happens", node => Is(node, "Thread", "Sleep"), "Thread.Sleep(5);", "clock.Sleep(5);"),
        // In src the analyzer of banned symbols knows whether a Result is a task's.
        new(".Result", "await it", IsResult, "var x = work.Result;", "var x = context.Result;") { Covers = file => file.IsTest },
        new(".Wait()", "await it",
            node => Calls(node, "Wait")?.ArgumentList.Arguments.Count == 0 || Is(node, "Task", "WaitAll") || Is(node, "Task", "WaitAny"),
            "work.Wait();", "Monitor.Wait(gate);"),
        new(".GetResult()", "await it", node => Calls(node, "GetResult") is not null, "work.GetAwaiter().GetResult();",
            "report.GetResults();") { Covers = file => !TakesResults.Contains(file.Project) },
        new("Task.Delay in tests", "wait for what shall happen; for a time limit use WaitAsync; for time use a clock of the test", IsDelay,
            "await Task.Delay(100);", "await Task.Delay(Timeout.InfiniteTimeSpan, stop);") { Covers = file => file.IsTest },
        new("Console outside command lines", "log, or return what is to be said",
            node => node is MemberAccessExpressionSyntax member && Last(member.Expression) == "Console",
            "Console.WriteLine();", "AnsiConsole.WriteLine();") { Covers = file => !ConsoleTools.Contains(file.Project) },
        new("NotImplementedException", "write it, or leave it out",
            node => node is IdentifierNameSyntax { Identifier.Text: "NotImplementedException" },
            "throw new NotImplementedException();", "throw new NotSupportedException();"),
        new("silent catch", "handle it; what may truly be passed over is caught by its type, with a comment that says why", IsSilentCatch,
            "try { F(); } catch (Exception) { /* who cares */ }",
            "try { F(); } catch (OperationCanceledException) { /* Stopping is what was asked for. */ }"),
        new("#pragma warning disable", "mend what it warns of",
            node => node is PragmaWarningDirectiveTriviaSyntax { DisableOrRestoreKeyword.RawKind: (int)SyntaxKind.DisableKeyword },
            "#pragma warning disable CS0168\n", "#pragma warning restore CS0168\n"),
        new("SuppressMessage", "mend what it warns of",
            node => node is AttributeSyntax attribute && Last(attribute.Name).StartsWith("SuppressMessage", StringComparison.Ordinal),
            "[SuppressMessage(\"a\", \"b\")] class C;", "[Serializable] class C;"),
        new("dynamic", "name the type",
            node => node is IdentifierNameSyntax { Identifier.Text: "dynamic", Parent: not MemberAccessExpressionSyntax },
            "dynamic x = 1;", "var x = y.dynamic;"),
        new("region", "split the file", node => node is RegionDirectiveTriviaSyntax, "#region A\n#endregion\n", "class Region;"),
    ];

    public IEnumerable<string> Violations(IEnumerable<CodeFile> files) =>
        from file in files
        where Covers(file)
        from node in file.Tree.DescendantNodes(descendIntoTrivia: true)
        where Breaks(node)
        select $"{file.At(node)}: {Name}: {Instead}.";

    private static bool Is(SyntaxNode node, string type, string member) =>
        node is MemberAccessExpressionSyntax access && access.Name.Identifier.Text == member && Last(access.Expression) == type;

    private static InvocationExpressionSyntax? Calls(SyntaxNode node, string method) =>
        node is InvocationExpressionSyntax call && call.Expression is MemberAccessExpressionSyntax access
            && access.Name.Identifier.Text == method
            ? call
            : null;

    private static string Last(SyntaxNode name) => name switch
    {
        MemberAccessExpressionSyntax access => access.Name.Identifier.Text,
        QualifiedNameSyntax qualified => qualified.Right.Identifier.Text,
        SimpleNameSyntax simple => simple.Identifier.Text,
        _ => "",
    };

    /// <summary>The context of a grain call has a Result too, by Orleans's name, which is no task's.</summary>
    private static bool IsResult(SyntaxNode node) =>
        node is MemberAccessExpressionSyntax { Name.Identifier.Text: "Result" } access && Last(access.Expression) != "context";

    private static bool IsDelay(SyntaxNode node) =>
        node is InvocationExpressionSyntax call && Is(call.Expression, "Task", "Delay")
        && !(call.ArgumentList.Arguments.FirstOrDefault()?.Expression.ToString() is { } first
            && first.StartsWith("Timeout.Infinite", StringComparison.Ordinal));

    private static bool IsSilentCatch(SyntaxNode node)
    {
        if (node is not CatchClauseSyntax { Block.Statements.Count: 0 } clause)
            return false;
        bool says = clause.Block.DescendantTrivia()
            .Any(trivia => trivia.IsKind(SyntaxKind.SingleLineCommentTrivia) || trivia.IsKind(SyntaxKind.MultiLineCommentTrivia));
        return !says || clause.Declaration is null || Last(clause.Declaration.Type) == nameof(Exception);
    }
}
