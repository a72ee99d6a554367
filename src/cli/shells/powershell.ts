/** Completion for PowerShell 5.1 and later. Where it answers nothing, PowerShell completes paths by itself. */
export const POWERSHELL = `# Completion of sheaf for PowerShell: sheaf completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName sheaf -ScriptBlock {
  param($current, $line, $position)
  $words = @($line.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $position } | ForEach-Object { $_.Extent.Text })
  if ($current -eq '' -and ($null -eq $PSNativeCommandArgumentPassing -or $PSNativeCommandArgumentPassing -eq 'Legacy')) {
    $current = '""' # Otherwise an empty argument would not be passed on at all.
  }
  $lines = @(sheaf __complete @words "$current" 2>$null)
  if ($lines.Count -lt 2 -or $lines[-1] -ne ':words') { return }
  $lines[0..($lines.Count - 2)] | ForEach-Object {
    $word, $meaning = $_ -split "\`t", 2
    if (-not $meaning) { $meaning = $word }
    [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $meaning)
  }
}
`;
